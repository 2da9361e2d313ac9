// The manual pages, in mdoc(7), made from the same tables as the help.
//
// What the layout of the texts says (prose.hpp) decides what is filled and what is kept. A command's sections
// named Exit status and Signals go where manual pages have them, the others into the description.
// Thread-safety: pure functions.
#pragma once

#include <tool/grammar.hpp>

#include <span>
#include <string>
#include <string_view>

namespace weir::tool {

struct command;

/// What stands at the foot of each page.
struct edition {
  std::string version{};  ///< "0.1.0"
  std::string date{};     ///< "November 30, 2026"
};

/// weir-COMMAND(1); `others` are what it sends the reader to.
std::string manual_page(const command&, std::span<const command> others, const edition&);

/// weir(1): what there is, and what all commands share.
std::string manual_overview(std::span<const command>, const edition&);

/// The text as mdoc shows it unchanged: no line of it is taken for a request, no dash for a hyphen.
std::string roff_text(std::string_view text);

}  // namespace weir::tool
