#include "observe/http_metrics.h"

#include <string>
#include <vector>

#include "base/log_line.h"

namespace fanfinity::observe {

HttpMetrics::HttpMetrics(Metrics& metrics)
    : requests_(prometheus::BuildCounter()
                    .Name("http_requests_total")
                    .Help("Requests answered, by method, route and status.")
                    .Register(metrics.registry())),
      durations_(prometheus::BuildHistogram()
                     .Name("http_request_duration_seconds")
                     .Help("From a request being read to its answer being handed to the socket.")
                     .Register(metrics.registry())),
      connections_(metrics.gauge("fanfinity_http_open_connections", "Connections open now.")),
      streams_(metrics.gauge("fanfinity_http_open_streams", "Streams open now, of the connections.")),
      stream_frames_(metrics.counter("fanfinity_http_stream_frames_total",
                                     "States and heartbeats handed to the viewers of streams.")),
      streams_dropped_(metrics.counter("fanfinity_http_streams_dropped_total",
                                       "Streams closed because their client took nothing for too long.")),
      streams_refused_(metrics.counter("fanfinity_http_streams_refused_total",
                                       "Streams answered 503 because there were as many as there may be.")) {}

HttpMetrics::Series HttpMetrics::series(std::string_view method, std::string_view route, int status) {
  // Looking a series up by its labels costs a lock and a map of strings; each thread remembers its own.
  // Methods and routes come from fixed lists, so these are few, and walking over them is the quickest.
  struct Known {
    std::uint64_t owner;
    int status;
    std::string method;
    std::string route;
    Series series;
  };
  thread_local std::vector<Known> known;
  for (const Known& one : known) {
    if (one.owner == id_ && one.status == status && one.route == route && one.method == method)
      return one.series;
  }
  const std::string method_label(method);
  const std::string path_label(route);
  const Series made{
      &requests_.Add({{"method", method_label}, {"path", path_label}, {"status", std::to_string(status)}}),
      &durations_.Add({{"method", method_label}, {"path", path_label}}, latency_bounds())};
  known.push_back({id_, status, method_label, path_label, made});
  return made;
}

void HttpMetrics::on_response(std::string_view method, std::string_view route, int status,
                              std::chrono::nanoseconds duration, const http::RequestNames& names) {
  const Series found = series(method, route, status);
  found.requests->Increment();
  found.duration->Observe(std::chrono::duration<double>(duration).count());
  if (base::logs(base::Level::kDebug)) {
    base::log_line(base::Level::kDebug, "request",
                   {{"method", method},
                    {"path", route},
                    {"status", status},
                    {"request_id", names.request_id},
                    {"trace_id", names.trace_id},
                    {"client", names.client != nullptr ? names.client->text() : "local"},
                    {"ms", std::chrono::duration<double, std::milli>(duration).count()}});
  }
}

void HttpMetrics::on_connection_opened() {
  connections_.Increment();
}
void HttpMetrics::on_connection_closed() {
  connections_.Decrement();
}

void HttpMetrics::on_stream(http::StreamEvent event, std::uint64_t count) {
  const auto amount = static_cast<double>(count);
  switch (event) {
    case http::StreamEvent::kOpened:
      return streams_.Increment(amount);
    case http::StreamEvent::kClosed:
      return streams_.Decrement(amount);
    case http::StreamEvent::kRefused:
      return streams_refused_.Increment(amount);
    case http::StreamEvent::kDropped:
      return streams_dropped_.Increment(amount);
    case http::StreamEvent::kFrames:
      return stream_frames_.Increment(amount);
  }
}

}  // namespace fanfinity::observe
