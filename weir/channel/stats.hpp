// What can be seen of a channel from outside.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir {

/// One moment of a channel; the members belong together.
struct channel_stats {
  std::size_t depth = 0;              ///< values queued
  std::size_t capacity = 0;           ///< values that fit
  std::size_t waiting_senders = 0;    ///< sends, reservations and select cases that wait for a place
  std::size_t waiting_receivers = 0;  ///< receives and select cases that wait for a value
  std::uint64_t discarded = 0;        ///< values destroyed unreceived because the last receiver went
};

}  // namespace weir
