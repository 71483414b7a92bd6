#pragma once
// GET /api/matches/{matchId}/players.

#include "api/events.h"
#include "http/http.h"

namespace fanfinity::api {

[[nodiscard]] http::Route get_players(const EventPorts& ports);

}  // namespace fanfinity::api
