#pragma once

#include <string_view>

namespace fanfinity::http {

/// Without optional whitespace around it (OWS of RFC 9110, 5.6.3).
[[nodiscard]] inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace fanfinity::http
