#pragma once
// Why bytes on a connection are not a request that can be answered normally.

#include <string_view>

namespace fanfinity::http {

struct Refusal {
  int status = 400;
  std::string_view detail;  ///< A constant sentence.
};

}  // namespace fanfinity::http
