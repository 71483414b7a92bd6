#pragma once
// Measures the response time of every 202 and publishes it through the log: once a second one small
// mergeable histogram for each match with traffic, so that percentiles cover all servers and restarts.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "domain/response_times.h"
#include "log/log.h"

namespace fanfinity::api {

class ResponseTimeRecorder {
 public:
  /// The producer must outlive this.
  ResponseTimeRecorder(log::Producer& producer, base::Clock& clock);
  ~ResponseTimeRecorder();  ///< Publishes what is left.
  ResponseTimeRecorder(const ResponseTimeRecorder&) = delete;
  ResponseTimeRecorder& operator=(const ResponseTimeRecorder&) = delete;

  /// `events` acknowledgements for a match, so long after the request was read. Any thread.
  void record(std::string_view match_id, std::chrono::nanoseconds duration, std::uint64_t events);
  /// Publishes everything recorded so far and waits, up to `timeout`, until it is durable.
  void flush(std::chrono::milliseconds timeout);

 private:
  using ByMatch = std::unordered_map<std::string, domain::ResponseTimes>;
  struct alignas(64) Shard {
    std::mutex mutex;
    ByMatch by_match;
  };
  /// Published and not yet acknowledged; outlives this object when an acknowledgement comes late.
  struct Pending;

  void run(const std::stop_token& stop);
  void publish();
  [[nodiscard]] ByMatch take();
  void append(std::vector<domain::ResponseTimesRecord> measured);
  void give_back(const std::vector<domain::ResponseTimesRecord>& measured);

  log::Producer& producer_;
  base::Clock& clock_;
  std::array<Shard, 8> shards_;
  std::shared_ptr<Pending> pending_;
  std::jthread thread_;
};

}  // namespace fanfinity::api
