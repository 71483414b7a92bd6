#pragma once
// Names that travel with a request: X-Request-Id and the W3C Trace Context.

#include <array>
#include <string_view>

namespace fanfinity::http {

inline constexpr std::size_t kMaxRequestIdBytes = 128;
using MadeRequestId = std::array<char, 32>;
using MadeTraceparent = std::array<char, 55>;

/// 1 to 128 characters of [A-Za-z0-9._-].
[[nodiscard]] bool valid_request_id(std::string_view text);
/// https://www.w3.org/TR/trace-context/#traceparent-header, versions above 00 included.
[[nodiscard]] bool valid_traceparent(std::string_view text);

/// From a generator of the thread's own, seeded by the operating system: unique, not secret.
void make_request_id(MadeRequestId& out);
void make_traceparent(MadeTraceparent& out);

}  // namespace fanfinity::http
