#pragma once

#include <string_view>

namespace fanfinity::http {

/// RFC 9110, 15; "Unknown" for codes this service has no use for.
[[nodiscard]] std::string_view reason_phrase(int status);

/// Whether a response with this status may carry a body.
[[nodiscard]] constexpr bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace fanfinity::http
