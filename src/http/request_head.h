#pragma once
// The head of a request: request line and header fields, strict where laxness lets requests be smuggled.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.h"
#include "http/refusal.h"

namespace fanfinity::http {

enum class Framing : std::uint8_t { kNone, kLength, kChunked };

/// What is kept of a head. The views point into the bytes it was parsed from.
struct RequestHead {
  Method method = Method::kOther;
  int version = 11;  ///< 10 or 11.
  bool keep_alive = true;
  bool expects_continue = false;
  Framing framing = Framing::kNone;  ///< kNone for a Content-Length of 0 as well.
  std::uint64_t content_length = 0;
  std::string_view host;          ///< With the port, if any: of an absolute target, else of Host.
  std::string_view path;          ///< Starts with '/', or is "*".
  std::string_view query;         ///< Without the '?'.
  std::string_view content_type;  ///< Media type only, lower case.
  std::string_view content_encoding;
  std::string_view authorization;
  std::string_view accept_encoding;  ///< Empty when sent twice.
  std::string_view request_id;
  std::string_view traceparent;
  std::string_view if_none_match;
  std::string_view origin;
  std::string_view asked_method;  ///< Access-Control-Request-Method.
  bool options = false;           ///< The method is OPTIONS.
  std::string_view last_event_id;
  std::vector<std::string_view> x_forwarded_for;  ///< Field lines in their order.
  std::vector<std::string_view> forwarded;        ///< The same of RFC 7239's field.
};

/// Parses a complete head, from the first byte of the request line to the empty line. Changes the case
/// of the media type in `bytes`, which must stay where it is while `head` is used.
[[nodiscard]] std::optional<Refusal> parse_head(std::string& bytes, std::size_t max_target_bytes,
                                                RequestHead& head);

}  // namespace fanfinity::http
