#pragma once
// POST /api/events and POST /api/events/batch: parse, append, and answer 202 once the log says durable.

#include "api/observer.h"
#include "api/recent_ids.h"
#include "api/response_times.h"
#include "base/clock.h"
#include "http/http.h"
#include "log/log.h"

namespace fanfinity::api {

inline constexpr std::size_t kMaxBatchEvents = 10'000;
inline constexpr std::size_t kMaxBatchBytes = 8U << 20U;

/// What the two handlers need; all outlive the HTTP server.
struct IngestPorts {
  log::Producer& producer;
  ResponseTimeRecorder& response_times;
  RecentIds& recent_ids;
  Observer& observer;
};

[[nodiscard]] http::Route post_event(IngestPorts ports);
[[nodiscard]] http::Route post_batch(IngestPorts ports);

}  // namespace fanfinity::api
