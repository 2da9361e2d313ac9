// What the contenders' programs share: numbers from the command line, and the line of JSON they answer with.
#pragma once

#include <bench/harness/reading.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace weir::bench {

/// The options by name, without the dashes; those of `flags` take no value ("" then). Throws
/// std::invalid_argument for a word that is no option, or an option without its value.
std::map<std::string, std::string> options_of(int argc, char** argv, const std::set<std::string>& flags);

/// The option's number. Throws std::invalid_argument that names the option when it is missing or no number.
std::uint64_t number(const std::map<std::string, std::string>& options, const std::string& name);

/// "seconds": ..., "cpu_seconds": ..., "voluntary": ..., "involuntary": ...
std::string json_members(const spent& cost);

}  // namespace weir::bench
