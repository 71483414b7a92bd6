#include "api/parameters.h"

#include <fmt/format.h>

#include <charconv>

#include "base/rfc3339.h"

namespace fanfinity::api {
namespace {

constexpr std::string_view kTimeDetail =
    "must be an RFC 3339 time such as 2024-01-15T14:30:00Z (a + of an offset is sent as %2B)";

std::optional<std::size_t> parse_limit(std::string_view text) {
  std::size_t limit = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, limit);
  if (error != std::errc{} || at != end || limit < 1 || limit > kMaxLimit) return std::nullopt;
  return limit;
}

}  // namespace

std::string Parameters::match_id() {
  std::string match_id = request_.params.front();
  if (!domain::is_valid_match_id(match_id)) {
    complain("matchId", "must be 1 to 256 bytes of UTF-8 without control characters");
  }
  return match_id;
}

std::size_t Parameters::limit() {
  return value<std::size_t>("limit", parse_limit,
                            fmt::format("must be a whole number from 1 to {}", kMaxLimit))
      .value_or(kDefaultLimit);
}

store::TimeSpan Parameters::span() {
  store::TimeSpan span;
  span.from = value<base::Timestamp>("from", base::parse_rfc3339, kTimeDetail);
  span.to = value<base::Timestamp>("to", base::parse_rfc3339, kTimeDetail);
  if (span.from && span.to && *span.to <= *span.from) complain("to", "must be later than from");
  return span;
}

std::vector<std::string_view> Parameters::list(std::string_view name) const {
  std::vector<std::string_view> items;
  for (const auto& [sent, values] : request_.query) {
    if (sent != name) continue;
    std::string_view rest = values;
    for (std::size_t comma = rest.find(','); comma != std::string_view::npos; comma = rest.find(',')) {
      items.push_back(rest.substr(0, comma));
      rest.remove_prefix(comma + 1);
    }
    items.push_back(rest);
  }
  return items;
}

std::optional<http::Response> Parameters::refusal() const {
  if (problems_.empty()) return std::nullopt;
  return http::problem(400, "The request is not valid.", problems_);
}

}  // namespace fanfinity::api
