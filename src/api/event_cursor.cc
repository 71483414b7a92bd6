#include "api/event_cursor.h"

#include <fmt/format.h>

#include <charconv>

namespace fanfinity::api {

std::string encode_cursor(const store::EventPosition& position) {
  return fmt::format("{}-{}", position.at.time_since_epoch().count(), position.id.to_string());
}

std::optional<store::EventPosition> decode_event_cursor(std::string_view text) {
  // No event is later (RFC 3339 as the contract takes it ends with 2261).
  constexpr base::Timestamp kEnd = std::chrono::sys_days{std::chrono::year{2262} / 1 / 1};
  const char* const end = text.data() + text.size();
  std::int64_t milliseconds = 0;
  const auto [at, error] = std::from_chars(text.data(), end, milliseconds);
  if (error != std::errc{} || milliseconds < 0 || at == end || *at != '-') return std::nullopt;
  const auto id = base::Uuid::parse(text.substr(static_cast<std::size_t>(at + 1 - text.data())));
  const base::Timestamp when{std::chrono::milliseconds(milliseconds)};
  if (!id || when >= kEnd) return std::nullopt;
  const store::EventPosition position{when, *id};
  if (encode_cursor(position) != text) return std::nullopt;
  return position;
}

}  // namespace fanfinity::api
