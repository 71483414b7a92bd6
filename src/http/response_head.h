#pragma once
// Writes the head of a response straight into a buffer.

#include <cstdint>
#include <string>
#include <string_view>

#include "http/http.h"

namespace fanfinity::http {

enum class ConnectionHeader : std::uint8_t { kNone, kKeepAlive, kClose };

[[nodiscard]] inline const std::string& body_of(const Response& response) {
  return response.shared_body ? *response.shared_body : response.body;
}

/// What a response's head has beside what the handler gave.
struct HeadContext {
  std::string_view request_id;
  ConnectionHeader connection = ConnectionHeader::kNone;
  std::string_view cors_lines;  ///< Each ended by CRLF.
  bool version_10 = false;      ///< The client speaks HTTP/1.0.
};

/// Appends status line, header fields and the empty line. A header of the handler's that would break out
/// of its line is left out. The body of a stream comes in chunks, or to an HTTP/1.0 client until the end.
void append_response_head(const Response& response, const HeadContext& context, std::string& out);

/// IMF-fixdate (RFC 9110, 5.6.7) of now; made once a second and thread.
[[nodiscard]] std::string_view http_date();

}  // namespace fanfinity::http
