// The short and the long help of a command, made from its table.
#pragma once

#include <tool/grammar.hpp>

#include <string>

namespace weir::tool {

/// Usage, a line for each option, examples: what --help prints.
std::string brief_help(const grammar&);

/// All that there is to say: what weir help COMMAND prints.
std::string full_help(const grammar&);

}  // namespace weir::tool
