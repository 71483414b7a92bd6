#pragma once
// From the members of a JSON object to an Event: the contract's rules for each of them.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/event_json.h"
#include "domain/json_walk.h"

namespace fanfinity::domain {

enum class Member : std::uint8_t {
  kEventId = 0,
  kMatchId = 1,
  kEventType = 2,
  kTimestamp = 3,
  kTeamId = 4,
  kPlayerId = 5,
  kMetadata = 6,
};
inline constexpr std::size_t kMembers = 7;
inline constexpr std::array<std::string_view, kMembers> kMemberNames = {
    "eventId", "matchId", "eventType", "timestamp", "teamId", "playerId", "metadata"};

/// Which rules for names hold: those for events that are sent now, or those that every version had.
enum class Names : std::uint8_t { kNew, kStored };

/// The members of one object as their raw texts, which point into the text walked over.
class EventMembers {
 public:
  /// Takes the object that is next, standing inside `outer` containers. False when it is not JSON.
  [[nodiscard]] bool take(JsonWalk& walk, std::size_t outer);
  /// Puts the event, or every error in the contract's order, into `out`. `scratch` is a buffer to reuse.
  void read_into(ParsedEvent& out, Names names, std::string& scratch) const;
  /// The id as sent, where it is a string of a sane length; else empty.
  [[nodiscard]] std::string event_id() const;

 private:
  struct Sent {
    std::string_view raw;
    bool repeated = false;
    JsonFlaw flaw = JsonFlaw::kNone;
  };
  void keep(std::string_view name, std::string_view raw, JsonFlaw flaw);
  /// Empty and no error when the member is absent; an error when it is there and unusable.
  [[nodiscard]] std::string_view usable(Member member, std::vector<FieldError>& errors) const;

  std::array<Sent, kMembers> sent_{};
  JsonFlaw other_flaw_ = JsonFlaw::kNone;  ///< Of the names and the members nobody knows.
};

}  // namespace fanfinity::domain
