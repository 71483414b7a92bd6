#pragma once
// GET /health, /ready and /metrics.

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/http.h"

namespace fanfinity::api {

/// One thing the service needs. `probe` must answer from memory at once: it runs on an I/O thread.
struct ReadinessCheck {
  std::string name;  ///< "clickhouse", "log", "kafka", ...
  std::function<base::Status()> probe;
  bool quiet = false;  ///< Named in the answer only while it is unhealthy.
};

/// A number `/ready` tells beside its checks: what is on its way and not counted yet.
struct ReadinessCount {
  std::string name;  ///< "retryPending", ...
  std::function<std::uint64_t()> read;
};

[[nodiscard]] http::Route get_health(base::Clock& clock);
[[nodiscard]] http::Route get_ready(base::Clock& clock, std::vector<ReadinessCheck> checks,
                                    std::vector<ReadinessCount> counts);
/// `render`: the Prometheus text format.
[[nodiscard]] http::Route get_prometheus(std::function<std::string()> render);

}  // namespace fanfinity::api
