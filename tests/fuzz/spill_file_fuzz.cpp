// The reader that a rebuild uses, on a store's file and log with bytes changed, and on the input alone: it
// stays inside of them, and a row that it finds whole is one that was put in.
#include <tests/fuzz/spill_image.hpp>
#include <weir/spill/byte_source.hpp>
#include <weir/spill/rebuild.hpp>
#include <weir/spill/record.hpp>

#include <algorithm>

namespace {

using namespace weir;

void read(std::string_view file, std::string_view log, bool image) {
  detail::rows_of_file(detail::bytes_of_memory(std::as_bytes(std::span(file))),
                       detail::bytes_of_memory(std::as_bytes(std::span(log))),
                       [&](std::uint64_t place, std::span<const std::byte> bytes) {
                         const auto record = detail::decode(bytes, place);
                         if (record && image) fuzz::require_ours(record->id, record->payload);
                       });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto image = fuzz::spill_image::patched(text);
  read(image.file, image.log, true);
  read(text, text, false);
  return 0;
}
