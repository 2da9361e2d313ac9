#include "tests/vectors/replay.hpp"

#include <weir/control/token_bucket.hpp>

#include <map>

namespace weir::vectors {

namespace {

class token_bucket_subject : public subject {
 public:
  explicit token_bucket_subject(const control::token_bucket_options& options) : bucket_(options) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    if (op == "try_acquire") return {{"ok", bucket_.try_acquire(s.now(), s.get<double>("n"))}};
    if (op == "reserve") return reserve(s);
    if (op == "cancel") return cancel(s);
    if (op == "tokens") return {{"tokens", bucket_.tokens(s.now())}};
    if (op == "set_rate") return set_rate(s);
    unknown(s);
  }

 private:
  results reserve(const arguments& s) {
    const auto given = bucket_.reserve(s.now(), s.get<double>("n"));
    if (s.has("as")) given_.insert_or_assign(s.get<std::string>("as"), given);
    return {{"wait_ns", given ? value(given->wait.count()) : value()}};
  }

  results cancel(const arguments& s) {
    const auto& given = given_.at(s.get<std::string>("of"));
    if (given) bucket_.cancel(s.now(), *given);
    return {};
  }

  results set_rate(const arguments& s) {
    const auto per_second = s.get<double>("per_second");
    const auto bad = check(control::token_bucket_options{.per_second = per_second, .burst = bucket_.burst()});
    if (bad) return {{"error", std::string(bad->option)}};
    bucket_.set_rate(s.now(), per_second);
    return {};
  }

  control::token_bucket bucket_;
  std::map<std::string, std::optional<control::token_bucket::reservation>> given_;
};

}  // namespace

made token_bucket(const arguments& in) {
  control::token_bucket_options options;
  in.read("per_second", options.per_second);
  in.read("burst", options.burst);
  if (const auto bad = refusal<control::token_bucket>(options)) return std::unexpected(*bad);
  return std::make_unique<token_bucket_subject>(options);
}

}  // namespace weir::vectors
