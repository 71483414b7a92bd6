#pragma once
// Conditional requests (RFC 9110, 13.1.2).

#include <string_view>

namespace fanfinity::http {

/// Whether `if_none_match` ("*", or a list of entity tags) names `etag`, compared weakly: the client has
/// the content already. A field that is malformed names none, so that everything is answered.
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace fanfinity::http
