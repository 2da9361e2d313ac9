#include <jobs/kept_results.hpp>

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace weir::jobs {

namespace {

std::optional<std::string> content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

io_result<earlier_end> kept_results::look(const item_batch& batch) {
  const auto directory = root_ / std::to_string(batch.seq);
  const auto exit = content(directory / "exit");
  if (!exit) return earlier_end::none;
  const auto item = content(directory / "item");
  if (item && *item != batch.joined())
    return std::unexpected(
        error(std::errc::invalid_argument,
              fmt::format("job {} in '{}' was of item `{}`, and would now be of `{}`: the input has changed; "
                          "go on with the one it was begun with, or give another --results",
                          batch.seq, root_.string(), printable(*item), printable(batch.joined()))));
  return *exit == "0\n" ? earlier_end::succeeded : earlier_end::failed;
}

}  // namespace weir::jobs
