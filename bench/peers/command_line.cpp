#include <bench/peers/command_line.hpp>

#include <fmt/format.h>

#include <charconv>
#include <stdexcept>

namespace weir::bench {

namespace {

std::uint64_t parsed(const std::string& name, std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument(fmt::format("--{} '{}' is no whole number", name, text));
  return value;
}

}  // namespace

std::map<std::string, std::string> options_of(int argc, char** argv, const std::set<std::string>& flags) {
  std::map<std::string, std::string> options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) throw std::invalid_argument(fmt::format("'{}' is no option", word));
    const std::string name = word.substr(2);
    if (flags.contains(name)) {
      options[name] = "";
    } else if (i + 1 < argc) {
      options[name] = argv[++i];
    } else {
      throw std::invalid_argument(fmt::format("{} has no value", word));
    }
  }
  return options;
}

std::uint64_t number(const std::map<std::string, std::string>& options, const std::string& name) {
  const auto found = options.find(name);
  if (found == options.end()) throw std::invalid_argument(fmt::format("--{} is missing", name));
  return parsed(name, found->second);
}

std::string json_members(const spent& cost) {
  return fmt::format(R"("seconds": {}, "cpu_seconds": {}, "voluntary": {}, "involuntary": {})",
                     in_seconds(cost.time), in_seconds(cost.processor), cost.voluntary, cost.involuntary);
}

}  // namespace weir::bench
