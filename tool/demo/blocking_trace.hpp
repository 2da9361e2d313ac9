// A producer, a channel and a slow consumer, told line by line, the same lines at each run.
#pragma once

#include <weir/base/time.hpp>

#include <cstddef>
#include <functional>
#include <string_view>

namespace weir::tool::demo {

struct blocking_options {
  std::size_t capacity = 2;  ///< of the channel; at least 1
  int items = 6;             ///< the producer sends 0 to items - 1
  weir::duration slow{};     ///< added to the consumer's work on each item
};

/// Runs it, two threads and a real channel, and gives each line ("Sending 0...", "Sent 0", "Processing 0") to
/// `say`, on the calling thread. Returns the first item whose send the channel made wait, seen at the
/// channel; -1 when none did.
int trace_blocking(const blocking_options&, const std::function<void(std::string_view)>& say);

}  // namespace weir::tool::demo
