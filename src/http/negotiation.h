#pragma once
// What codings of a body a client takes (RFC 9110, 12.5.3).

#include <string_view>

namespace fanfinity::http {

/// Whether Accept-Encoding allows gzip. An absent or empty one does not ask for it.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

}  // namespace fanfinity::http
