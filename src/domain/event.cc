#include "domain/event.h"

#include <simdjson.h>

#include "domain/control_characters.h"

namespace fanfinity::domain {

std::string_view to_string(EventType type) {
  switch (type) {
    case EventType::kGoal:
      return "goal";
    case EventType::kShot:
      return "shot";
    case EventType::kPass:
      return "pass";
    case EventType::kFoul:
      return "foul";
    case EventType::kYellowCard:
      return "yellow_card";
    case EventType::kRedCard:
      return "red_card";
    case EventType::kSubstitution:
      return "substitution";
    case EventType::kOffside:
      return "offside";
    case EventType::kCorner:
      return "corner";
    case EventType::kFreeKick:
      return "free_kick";
    case EventType::kInterception:
      return "interception";
  }
  return "?";
}

std::optional<EventType> parse_event_type(std::string_view name) {
  for (const EventType type : kAllEventTypes) {
    if (name == to_string(type)) return type;
  }
  return std::nullopt;
}

bool is_valid_match_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxMatchIdBytes && !has_control_character(text) &&
         simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace fanfinity::domain
