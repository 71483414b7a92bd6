#pragma once
// GET /api/matches/{matchId}/events.

#include "api/observer.h"
#include "api/view.h"
#include "api/view_cache.h"
#include "http/http.h"
#include "store/event_reader.h"

namespace fanfinity::api {

/// What the handlers of raw events need; all outlive the HTTP server and the cache. The cache is one of their
/// own, so that long answers and long questions do not hold up those about metrics.
struct EventPorts {
  store::EventReader& reader;
  AsOf as_of;
  ViewCache& cache;
  Observer& observer;
};

[[nodiscard]] http::Route get_events(const EventPorts& ports);

}  // namespace fanfinity::api
