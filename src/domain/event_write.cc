#include "base/rfc3339.h"
#include "domain/event_json.h"
#include "domain/json_number.h"

namespace fanfinity::domain {
namespace {

/// All of the object but its closing brace.
void append_members(const Event& event, std::string& out) {
  constexpr std::size_t kFixed = 200;  // Names, punctuation, id, type and timestamp.
  out.reserve(out.size() + kFixed + event.match_id.size() + event.metadata.size() +
              (event.player ? event.player->size() : 0));
  out += R"({"eventId":")";
  const std::size_t id = out.size();
  out.resize(id + 36);
  event.id.format_to(out.data() + id);
  out += R"(","matchId":)";
  append_json_string(event.match_id, out);
  out += R"(,"eventType":")";
  out += to_string(event.type);
  out += R"(","timestamp":")";
  base::append_rfc3339(event.at, out);
  out += R"(","teamId":)";
  append_json_number(event.team, out);
  if (event.player) {
    out += R"(,"playerId":)";
    append_json_string(*event.player, out);
  }
  if (!event.metadata.empty()) {
    out += R"(,"metadata":)";
    out += event.metadata;
  }
}

}  // namespace

void append_event_json(const Event& event, std::string& out) {
  append_members(event, out);
  out += '}';
}

void append_stored_event_json(const Event& event, const std::optional<MatchClock>& clock,
                              base::Timestamp received_at, std::string& out) {
  append_members(event, out);
  if (clock) {
    out += R"(,"clock":)";
    append_clock_json(*clock, out);
  }
  out += R"(,"receivedAt":")";
  base::append_rfc3339(received_at, out);
  out += "\"}";
}

}  // namespace fanfinity::domain
