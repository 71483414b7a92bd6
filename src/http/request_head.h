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

/// A field whose value is a list: several lines of it are one list (RFC 9110, 5.3).
class ListField {
 public:
  void add(std::string_view line) {
    if (lines_++ == 0) {
      first_ = line;
      return;
    }
    if (lines_ == 2) joined_ = first_;
    joined_.append(", ").append(line);
  }
  /// Empty when it was not sent.
  [[nodiscard]] std::string_view value() const { return lines_ > 1 ? joined_ : first_; }

 private:
  std::size_t lines_ = 0;
  std::string_view first_;
  std::string joined_;
};

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
  ListField content_encoding;
  ListField accept_encoding;
  ListField if_none_match;
  std::string_view authorization;
  std::string_view request_id;
  std::string_view traceparent;
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
