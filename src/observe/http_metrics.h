#pragma once
// http_requests_total, http_request_duration_seconds, open connections, streams; one log line a request at
// debug.

#include <atomic>
#include <cstdint>

#include "http/http.h"
#include "observe/metrics.h"

namespace fanfinity::observe {

class HttpMetrics final : public http::Observer {
 public:
  explicit HttpMetrics(Metrics& metrics);
  void on_response(std::string_view method, std::string_view route, int status,
                   std::chrono::nanoseconds duration, const http::RequestNames& names) override;
  void on_connection_opened() override;
  void on_connection_closed() override;
  void on_stream(http::StreamEvent event, std::uint64_t count) override;

 private:
  struct Series {
    prometheus::Counter* requests = nullptr;
    prometheus::Histogram* duration = nullptr;
  };
  [[nodiscard]] static std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
  }
  [[nodiscard]] Series series(std::string_view method, std::string_view route, int status);

  /// Of this object and no other that has been or will be, as its address is not.
  const std::uint64_t id_ = next_id();
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Gauge& connections_;
  prometheus::Gauge& streams_;
  prometheus::Counter& stream_frames_;
  prometheus::Counter& streams_dropped_;
  prometheus::Counter& streams_refused_;
};

}  // namespace fanfinity::observe
