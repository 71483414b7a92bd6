#include "domain/player_counts.h"

namespace fanfinity::domain {
namespace {

void append_totals(std::uint64_t total, const TypeCounts& by_type, std::string& out) {
  append_count("totalEvents", total, out);
  append_counts("eventsByType", by_type, out);
  out += '}';
}

}  // namespace

void append_players_json(const MatchPlayers& players, std::string& out) {
  out += '{';
  append_text("matchId", players.match_id, out);
  append_name("players", out);
  out += '[';
  for (const PlayerCounts& player : players.players) {
    if (out.back() != '[') out += ',';
    out += '{';
    append_text("playerId", player.player, out);
    append_count("teamId", player.team, out);
    append_totals(player.total, player.by_type, out);
  }
  out += ']';
  append_name("withoutPlayer", out);
  out += '{';
  append_totals(players.without_total, players.without_by_type, out);
  append_time("asOf", players.as_of, out);
  out += '}';
}

}  // namespace fanfinity::domain
