#pragma once
// What the consumer does, as metrics and as log lines: a summary every so often at info, a line for each
// batch at debug, errors with advice.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>

#include "domain/response_times.h"
#include "observe/metrics.h"
#include "pipeline/observer.h"

namespace fanfinity::observe {

class PipelineMetrics final : public pipeline::Observer {
 public:
  explicit PipelineMetrics(Metrics& metrics);
  void on_assigned(log::PartitionId partition) override;
  void on_revoked(log::PartitionId partition) override;
  void on_batch(const pipeline::BatchReport& report) override;
  void on_visible(std::chrono::milliseconds age, std::uint64_t events) override;
  void on_lag(log::PartitionId partition, std::int64_t lag) override;
  void on_insert_failed(log::PartitionId partition, const base::Error& error,
                        std::chrono::milliseconds next_try) override;
  void on_retry_scheduled(const pipeline::RefusedEvent& event, std::uint32_t attempt) override;
  void on_retried() override;
  void on_dead_letter(const pipeline::RefusedEvent& event) override;
  void on_filter(log::PartitionId partition, std::uint64_t ids, std::uint64_t bytes) override;
  void on_exact_lookup(std::uint64_t ids) override;
  void on_partition_stopped(log::PartitionId partition, const base::Error& error) override;

  /// For how long the consumer has repeated the same operation in vain.
  void set_repeating(std::chrono::milliseconds duration);
  /// Logs what happened in `period`, since the last call, if anything did.
  void log_summary(std::chrono::milliseconds period);

 private:
  /// Since the last summary.
  struct Summary {
    std::uint64_t batches = 0;
    std::uint64_t stored = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t refused = 0;
    std::uint64_t dead = 0;
    std::uint64_t repeated_inserts = 0;
    domain::ResponseTimes visible;
  };
  template <typename Change>
  void count(Change change) {
    const std::lock_guard lock(mutex_);
    change(summary_);
  }
  struct Partition {
    prometheus::Gauge& lag;
    prometheus::Gauge& filter_ids;
    prometheus::Gauge& filter_bytes;
    prometheus::Gauge& stopped;
  };
  [[nodiscard]] Partition& partition(log::PartitionId id);

  Metrics& metrics_;
  std::mutex mutex_;
  std::map<log::PartitionId, Partition> partitions_;
  Summary summary_;
  prometheus::Gauge& owned_;
  prometheus::Counter& batches_;
  prometheus::Counter& replayed_;
  prometheus::Counter& duplicates_;
  prometheus::Counter& conflicts_;
  prometheus::Counter& retries_scheduled_;
  prometheus::Counter& retried_;
  prometheus::Counter& dead_;
  prometheus::Counter& insert_retries_;
  prometheus::Counter& lookups_;
  prometheus::Gauge& repeating_;
  prometheus::Histogram& batch_size_;
  prometheus::Histogram& batch_age_;
  prometheus::Histogram& visible_;
};

}  // namespace fanfinity::observe
