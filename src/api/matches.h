#pragma once
// GET /api/matches and /api/matches/{matchId}/metrics.

#include "api/observer.h"
#include "api/view.h"
#include "api/view_cache.h"
#include "http/http.h"
#include "store/store.h"

namespace fanfinity::api {

/// What the handlers need; all outlive the HTTP server and the cache.
struct MatchPorts {
  store::MetricsReader& reader;
  AsOf as_of;
  ViewCache& cache;
  Observer& observer;
};

/// Metrics read by one query. The first match of it costs ClickHouse as much as the next five; their ids fit
/// into its URL.
inline constexpr std::size_t kMatchesAtOnce = 32;

[[nodiscard]] http::Route get_metrics(const MatchPorts& ports);
[[nodiscard]] http::Route get_matches(const MatchPorts& ports);

}  // namespace fanfinity::api
