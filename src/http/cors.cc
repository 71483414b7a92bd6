#include "http/cors.h"

#include <algorithm>
#include <utility>

namespace fanfinity::http {
namespace {

constexpr std::string_view kExposed = "Access-Control-Expose-Headers: ETag, Retry-After, X-Request-Id\r\n";
constexpr std::string_view kAllowedHeaders =
    "Authorization, Content-Type, Content-Encoding, If-None-Match, Last-Event-ID, traceparent, X-Request-Id";
constexpr std::string_view kMaxAge = "7200";  // Seconds; no browser keeps it for longer.

std::string lines_allowing(std::string_view origin) {
  return std::string("Access-Control-Allow-Origin: ").append(origin).append("\r\n").append(kExposed);
}

}  // namespace

Cors::Cors(const std::vector<std::string>& origins) {
  if (origins.size() == 1 && origins.front() == "*") {
    other_lines_ = lines_allowing("*");
    return;
  }
  // The answer depends on who asks, and caches must know it also of those who were told nothing.
  constexpr std::string_view kVary = "Vary: Origin\r\n";
  other_lines_ = kVary;
  for (const std::string& origin : origins) {
    allowed_.push_back({origin, lines_allowing(origin).append(kVary)});
  }
}

std::string_view Cors::lines_for(std::string_view origin) const {
  const auto found = std::ranges::find(allowed_, origin, &Allowed::origin);
  return found == allowed_.end() ? other_lines_ : found->lines;
}

Response Cors::preflight(std::string_view origin, std::string allow) const {
  const bool anyone = allowed_.empty();
  if (!anyone && std::ranges::find(allowed_, origin, &Allowed::origin) == allowed_.end()) {
    return problem(403,
                   "Pages of this origin may not read answers; its operator can add it to CORS_ORIGINS.");
  }
  Response response;
  response.status = 204;
  response.headers = {
      {"Access-Control-Allow-Methods", allow.empty() ? std::string("GET, HEAD, POST") : std::move(allow)},
      {"Access-Control-Allow-Headers", std::string(kAllowedHeaders)},
      {"Access-Control-Max-Age", std::string(kMaxAge)}};
  return response;
}

}  // namespace fanfinity::http
