#pragma once
// What the players of a match did, counted, and its JSON. Pure.

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/json_members.h"

namespace fanfinity::domain {

/// A player as one team's: who appears in events of both has two.
struct PlayerCounts {
  std::string player;
  std::uint8_t team = 1;
  std::uint64_t total = 0;
  TypeCounts by_type;
  bool operator==(const PlayerCounts&) const = default;
};

struct MatchPlayers {
  std::string match_id;
  std::vector<PlayerCounts> players;  ///< Most events first, then by name and team.
  std::uint64_t without_total = 0;    ///< Events that name no player.
  TypeCounts without_by_type;
  base::Timestamp as_of;
};

/// {"matchId":"m","players":[{"playerId":"p","teamId":1,"totalEvents":3,"eventsByType":{"pass":2,"goal":1}}],
///  "withoutPlayer":{"totalEvents":1,"eventsByType":{"foul":1}},"asOf":"..."}
void append_players_json(const MatchPlayers& players, std::string& out);

}  // namespace fanfinity::domain
