#include "tests/vectors/replay.hpp"

#include <weir/control/expected_wait.hpp>

#include <limits>

namespace weir::vectors {

namespace {

class expected_wait_subject : public subject {
 public:
  explicit expected_wait_subject(const control::expected_wait_options& options) : wait_(options) {}

  results step(const arguments& s) override {
    const auto op = s.op();
    const auto queued = s.get<std::int64_t>("queued");
    const auto workers = s.get<std::int64_t>("workers");
    if (op == "on_complete") {
      wait_.on_complete(s.now(), s.get<duration>("service_ns"));
      return {};
    }
    if (op == "expected") return {{"wait_ns", expected(s.now(), queued, workers)}};
    if (op == "admit") return {{"ok", wait_.admit(s.now(), queued, workers, deadline(s))}};
    unknown(s);
  }

 private:
  // The files tell a wait without end from the longest one; in C++ both are duration::max().
  value expected(time_point now, std::int64_t queued, std::int64_t workers) const {
    const auto wait = wait_.expected(now, queued, workers);
    if (!wait) return {};
    if (workers == 0 && *wait == duration::max()) return std::numeric_limits<double>::infinity();
    return wait->count();
  }

  static std::optional<time_point> deadline(const arguments& s) {
    if (!s.has("deadline_ns")) return std::nullopt;
    return time_point(s.get<duration>("deadline_ns"));
  }

  control::expected_wait wait_;
};

}  // namespace

made expected_wait(const arguments& in) {
  control::expected_wait_options options;
  in.read("window_ns", options.window);
  if (const auto bad = refusal<control::expected_wait>(options)) return std::unexpected(*bad);
  return std::make_unique<expected_wait_subject>(options);
}

}  // namespace weir::vectors
