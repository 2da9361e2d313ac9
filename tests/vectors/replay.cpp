#include "tests/vectors/replay.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace weir::vectors {

namespace {

using nlohmann::json;

[[noreturn]] void give_up(std::string_view name, const json& found) {
  std::fprintf(stderr, "vectors: cannot read %.*s: %s\n", static_cast<int>(name.size()), name.data(),
               found.dump().c_str());
  std::abort();
}

// A whole number, or one beyond 2^53 as a string of digits.
template <class Int>
Int whole(const char* name, const json& found) {
  Int number{};
  const std::string digits = found.is_string() ? found.get<std::string>() : found.dump();
  const char* const end = digits.data() + digits.size();
  const auto [rest, failed] = std::from_chars(digits.data(), end, number);
  if (failed != std::errc() || rest != end) give_up(name, found);
  return number;
}

double real(const char* name, const json& found) {
  if (found.is_number()) return found.get<double>();
  if (found == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (found == "inf") return std::numeric_limits<double>::infinity();
  if (found == "-inf") return -std::numeric_limits<double>::infinity();
  give_up(name, found);
}

}  // namespace

bool arguments::has(const char* name) const { return object_->contains(name); }

void arguments::read(const char* name, bool& into) const {
  if (has(name)) into = object_->at(name).get<bool>();
}

void arguments::read(const char* name, double& into) const {
  if (has(name)) into = real(name, object_->at(name));
}

void arguments::read(const char* name, std::int64_t& into) const {
  if (has(name)) into = whole<std::int64_t>(name, object_->at(name));
}

void arguments::read(const char* name, std::uint64_t& into) const {
  if (has(name)) into = whole<std::uint64_t>(name, object_->at(name));
}

void arguments::read(const char* name, duration& into) const {
  if (has(name)) into = duration(whole<duration::rep>(name, object_->at(name)));
}

void arguments::read(const char* name, std::optional<duration>& into) const {
  if (!has(name)) return;
  if (object_->at(name).is_null()) {
    into.reset();
  } else {
    into = get<duration>(name);
  }
}

void arguments::read(const char* name, std::string& into) const {
  if (has(name)) into = object_->at(name).get<std::string>();
}

void arguments::read(const char* name, std::vector<std::size_t>& into) const {
  if (!has(name)) return;
  into.clear();
  for (const json& one : object_->at(name)) into.push_back(whole<std::size_t>(name, one));
}

std::size_t arguments::place(const char* name, std::initializer_list<std::string_view> words) const {
  const auto word = get<std::string>(name);
  return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin());
}

results unknown(const arguments& step) { give_up("op", step.op()); }

replayed replay(const driver& with, const nlohmann::json& one_case) {
  static const json nothing = json::object();
  const auto options = one_case.find("options");
  const made object = with.make(arguments(options == one_case.end() ? nothing : *options));
  replayed all;
  if (!object) {
    all.refused = std::string(object.error().option);
    // The name must also be in what people read.
    if (!object.error().message.contains(object.error().option))
      all.refused->append(", not named in the message");
    return all;
  }
  const auto steps = one_case.find("steps");
  if (steps == one_case.end()) return all;
  for (const json& one : *steps) all.steps.push_back((*object)->step(arguments(one)));
  return all;
}

}  // namespace weir::vectors
