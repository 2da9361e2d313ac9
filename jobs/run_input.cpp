#include <jobs/run_input.hpp>

#include <unistd.h>
#include <algorithm>
#include <string_view>
#include <utility>

namespace weir::jobs {

io_result<std::unique_ptr<source>> open_input(run_request& request, int interrupt) {
  if (request.items) return std::make_unique<word_source>(std::move(*request.items));
  auto opened = stream_source::open(request.options.arg_file, request.options.delimiter, interrupt);
  if (!opened) return std::unexpected(opened.error());
  return std::move(*opened);
}

std::size_t batch_budget(const command_template& command) {
  constexpr std::size_t reserve = longest_item + std::size_t{8} * 1024;  // WEIR_ITEM, and our other variables
  constexpr std::size_t least = std::size_t{4} * 1024;
  std::size_t taken = reserve + command.fixed_size();
  for (char** variable = environ; *variable; ++variable)
    taken += std::string_view(*variable).size() + 1 + sizeof(char*);
  const long allowed = ::sysconf(_SC_ARG_MAX);
  const std::size_t most = allowed > 0 ? static_cast<std::size_t>(allowed) : longest_item;
  std::size_t room = most > taken + least ? most - taken : least;
  if (command.joins_items())
    room = std::min(room, longest_item - std::min(command.fixed_size(), longest_item - least));
  return std::max(least, room / std::max<std::size_t>(1, command.uses_of_items()));
}

}  // namespace weir::jobs
