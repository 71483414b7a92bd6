#pragma once
// What the pipeline tells about itself. Metrics and log lines hang here (src/observe), so that the
// pipeline holds neither.

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "log/log.h"

namespace fanfinity::pipeline {

struct BatchReport {
  log::PartitionId partition{};
  log::Offset first{};
  log::Offset end{};
  std::uint64_t stored = 0;      ///< Events inserted.
  std::uint64_t duplicates = 0;  ///< Events dropped because their id is stored already, or came twice.
  std::uint64_t conflicts = 0;   ///< Of those: with other content than an earlier one in the same range.
  std::uint64_t refused = 0;     ///< Events sent to `retry` or `dead`.
  std::uint64_t response_times = 0;
  bool replayed = false;                ///< A range an earlier owner had announced.
  std::chrono::milliseconds oldest{0};  ///< From received-at of its oldest event to stored.
  std::chrono::nanoseconds insert{0};   ///< Time in the store.
};

/// `record` as it was read, so that its request can be found by its trace.
struct RefusedEvent {
  log::PartitionId partition{};
  log::Offset offset{};
  const log::Record& record;
  std::string_view reason;
};

/// Thread-safe, cheap.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_assigned(log::PartitionId partition) = 0;
  virtual void on_revoked(log::PartitionId partition) = 0;
  virtual void on_batch(const BatchReport& report) = 0;
  /// One event became visible so long after it was received.
  virtual void on_visible(std::chrono::milliseconds age, std::uint64_t events) = 0;
  /// Records fetched but not yet stored, and records in the log beyond them.
  virtual void on_lag(log::PartitionId partition, std::int64_t lag) = 0;
  virtual void on_insert_failed(log::PartitionId partition, const base::Error& error,
                                std::chrono::milliseconds next_try) = 0;
  virtual void on_retry_scheduled(const RefusedEvent& event, std::uint32_t attempt) = 0;
  virtual void on_retried() = 0;
  virtual void on_dead_letter(const RefusedEvent& event) = 0;
  /// The filter of stored ids: entries, bytes, and exact look-ups it could not save.
  virtual void on_filter(log::PartitionId partition, std::uint64_t ids, std::uint64_t bytes) = 0;
  virtual void on_exact_lookup(std::uint64_t ids) = 0;
  /// A partition cannot be run until an operator acts: the sentence says what to do.
  virtual void on_partition_stopped(log::PartitionId partition, const base::Error& error) = 0;
};

}  // namespace fanfinity::pipeline
