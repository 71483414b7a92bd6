#pragma once
// What a client takes and what it has already (RFC 9110, 12.5.3 and 13.1.2).

#include <string_view>

namespace fanfinity::http {

/// Whether Accept-Encoding allows gzip. An absent or empty one does not ask for it.
[[nodiscard]] bool accepts_gzip(std::string_view accept_encoding);

/// Whether If-None-Match names `etag`, which is quoted, or is `*`. Weak comparison, as the field wants it.
[[nodiscard]] bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace fanfinity::http
