#pragma once
// GET /health, /ready and /metrics.

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/view_cache.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/http.h"

namespace fanfinity::api {

/// One thing the service needs. `probe` may block.
struct ReadinessCheck {
  std::string name;  ///< "clickhouse", "log", "kafka", ...
  std::function<base::Status()> probe;
  bool quiet = false;  ///< Named in the answer only while it is unhealthy.
};

/// Numbers that `/ready` tells beside its checks: what is on its way and not counted yet. May block; none
/// when they cannot be had.
using ReadinessCounts = std::function<std::vector<std::pair<std::string, std::uint64_t>>()>;

[[nodiscard]] http::Route get_health(base::Clock& clock);
/// Both are read on a thread of `views`, once for all who ask meanwhile: they may have to ask Kafka.
[[nodiscard]] http::Route get_ready(base::Clock& clock, ViewCache& views, std::vector<ReadinessCheck> checks,
                                    ReadinessCounts counts);
/// `render`: the Prometheus text format.
[[nodiscard]] http::Route get_prometheus(ViewCache& views, std::function<std::string()> render);

}  // namespace fanfinity::api
