// One HTTP request, answered or given up.
//
// Thread-safety: a function without state.
#pragma once

#include <adapters/http/address.hpp>
#include <adapters/http/message.hpp>
#include <weir/base/error.hpp>
#include <weir/base/time.hpp>

namespace weir::http {

/// Connects, asks, waits for the whole answer, and closes; `limit` bounds all of it together. The answer's
/// body may have 4 MiB. An error says what the system did: "Connection refused", "timed out". Any status is
/// an answer.
io_result<response> fetch(const address&, const request&, duration limit = std::chrono::seconds(5));

}  // namespace weir::http
