#include "domain/event.h"

#include <simdjson.h>

#include "domain/control_characters.h"

namespace fanfinity::domain {

namespace {

// By their numbers, from 1.
constexpr std::array<std::string_view, 12> kNames = {"?",       "goal",        "shot",      "pass",
                                                     "foul",    "yellow_card", "red_card",  "substitution",
                                                     "offside", "corner",      "free_kick", "interception"};
static_assert(kNames.size() == kAllEventTypes.size() + 1);

}  // namespace

std::string_view to_string(EventType type) {
  const auto number = static_cast<std::size_t>(type);
  return kNames[number < kNames.size() ? number : 0];
}

std::optional<EventType> parse_event_type(std::string_view name) {
  for (const EventType type : kAllEventTypes) {
    if (name == kNames[static_cast<std::size_t>(type)]) return type;
  }
  return std::nullopt;
}

bool is_valid_match_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMatchIdBytes && !has_control_character(text) &&
         simdjson::validate_utf8(text.data(), text.size());
}

bool is_valid_player_filter(std::string_view text) {
  return text.size() <= kMaxPlayerIdBytes && text.find('\0') == std::string_view::npos &&
         simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace fanfinity::domain
