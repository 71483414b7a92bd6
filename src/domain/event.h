#pragma once
// One match event, as the contract defines it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/uuid.h"

namespace fanfinity::domain {

/// The eleven event types. The numbers are stored (ClickHouse Enum8): never renumber.
enum class EventType : std::uint8_t {
  kGoal = 1,
  kShot = 2,
  kPass = 3,
  kFoul = 4,
  kYellowCard = 5,
  kRedCard = 6,
  kSubstitution = 7,
  kOffside = 8,
  kCorner = 9,
  kFreeKick = 10,
  kInterception = 11,
};

inline constexpr std::array<EventType, 11> kAllEventTypes = {
    EventType::kGoal,       EventType::kShot,     EventType::kPass,         EventType::kFoul,
    EventType::kYellowCard, EventType::kRedCard,  EventType::kSubstitution, EventType::kOffside,
    EventType::kCorner,     EventType::kFreeKick, EventType::kInterception,
};

/// "goal", "yellow_card", ...
[[nodiscard]] std::string_view to_string(EventType type);
[[nodiscard]] std::optional<EventType> parse_event_type(std::string_view name);

inline constexpr std::size_t kMaxMatchIdBytes = 256;
inline constexpr std::size_t kMaxPlayerIdBytes = 256;
inline constexpr std::size_t kMaxEventBytes = 64 * 1024;

struct Event {
  base::Uuid id;
  std::string match_id;  ///< As is_valid_match_id.
  EventType type = EventType::kPass;
  base::Timestamp at;                 ///< When it happened on the pitch.
  std::uint8_t team = 1;              ///< 1 or 2.
  std::optional<std::string> player;  ///< Up to 256 bytes of UTF-8.
  std::string metadata;               ///< The JSON object's own text as sent; empty when absent.

  bool operator==(const Event&) const = default;
};

/// Whether a stored event may have `text` for its match: 1 to 256 bytes of UTF-8, no control characters.
/// Events that are sent now follow more rules (EventParser::parse).
[[nodiscard]] bool is_valid_match_id(std::string_view text);
/// Whether an event's player can be asked for by `text`: up to 256 bytes of UTF-8 without a NUL.
[[nodiscard]] bool is_valid_player_filter(std::string_view text);

}  // namespace fanfinity::domain
