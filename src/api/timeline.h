#pragma once
// GET /api/matches/{matchId}/timeline: counts over time, in buckets of a second to an hour.

#include "api/events.h"
#include "api/matches.h"
#include "http/http.h"

namespace fanfinity::api {

/// Minutes and longer come from the rollup, by `matches`; shorter ones are counted from the events, by
/// `events`.
[[nodiscard]] http::Route get_timeline(const MatchPorts& matches, const EventPorts& events);

}  // namespace fanfinity::api
