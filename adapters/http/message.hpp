// What goes over an HTTP connection, as far as administration needs it.
//
// Thread-safety: values.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace weir::http {

struct request {
  std::string method = "GET";
  std::string path = "/";       ///< begins with '/', as it came: nothing is decoded
  std::string query{};          ///< what follows '?', without it
  std::string authorization{};  ///< the header's value; empty: there is none
};

struct response {
  unsigned status = 200;
  std::string body{};
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers{};  ///< further ones
};

}  // namespace weir::http
