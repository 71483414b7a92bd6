#pragma once
// GET /api/matches, /api/matches/{matchId}/metrics and /api/matches/{matchId}/timeline.

#include <functional>

#include "api/observer.h"
#include "api/view_cache.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/http.h"
#include "store/store.h"

namespace fanfinity::api {

/// The moment before which everything acknowledged is counted. Blocks; read before the rollups.
using AsOf = std::function<base::Result<base::Timestamp>()>;

/// What the handlers need; all outlive the HTTP server and the cache.
struct MatchPorts {
  store::MetricsReader& reader;
  AsOf as_of;
  ViewCache& cache;
  Observer& observer;
};

[[nodiscard]] http::Route get_metrics(const MatchPorts& ports);
[[nodiscard]] http::Route get_timeline(const MatchPorts& ports);
[[nodiscard]] http::Route get_matches(const MatchPorts& ports);

}  // namespace fanfinity::api
