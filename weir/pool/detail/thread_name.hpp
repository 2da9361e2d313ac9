// What the threads of a pool are called in the system's lists.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <new>
#include <string>
#include <string_view>

namespace weir::detail {

/// The pool's name, cut so that `suffix` fits.
inline void name_this_thread(const std::string& pool, std::string_view suffix) noexcept {
  constexpr std::size_t longest = 15;  // pthread_setname_np refuses more
  try {
    std::string name = pool.substr(0, longest - std::min(suffix.size(), longest));
    name += suffix.substr(0, longest);
    pthread_setname_np(pthread_self(), name.c_str());
  } catch (const std::bad_alloc&) {  // the thread works without
  }
}

}  // namespace weir::detail
