#include "api/match_cursor.h"

#include <fmt/format.h>

#include <charconv>

#include "domain/event.h"

namespace fanfinity::api {

std::string encode_cursor(const store::MatchCursor& cursor) {
  std::string text = fmt::format("{}-", cursor.last_activity.time_since_epoch().count());
  for (const char c : cursor.match_id) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<store::MatchCursor> decode_cursor(std::string_view text) {
  const char* const end = text.data() + text.size();
  std::int64_t milliseconds = 0;
  auto [at, error] = std::from_chars(text.data(), end, milliseconds);
  constexpr std::int64_t kEnd = 10'000'000'000'000;  // Thirteen digits: the year 2286.
  if (error != std::errc{} || milliseconds < 0 || milliseconds >= kEnd || at == end || *at != '-') {
    return std::nullopt;
  }
  ++at;
  if ((end - at) % 2 != 0) return std::nullopt;
  store::MatchCursor cursor{base::Timestamp(std::chrono::milliseconds(milliseconds)), {}};
  for (; at != end; at += 2) {
    unsigned byte = 0;
    const auto [stopped, fault] = std::from_chars(at, at + 2, byte, 16);
    if (fault != std::errc{} || stopped != at + 2) return std::nullopt;
    cursor.match_id += static_cast<char>(byte);
  }
  if (!domain::is_valid_match_id(cursor.match_id) || encode_cursor(cursor) != text) return std::nullopt;
  return cursor;
}

}  // namespace fanfinity::api
