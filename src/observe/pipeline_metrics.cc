#include "observe/pipeline_metrics.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/log_line.h"

namespace fanfinity::observe {
namespace {

using base::Level;
using base::log_line;

double seconds(std::chrono::milliseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

const prometheus::Histogram::BucketBoundaries& visible_bounds() {
  static const prometheus::Histogram::BucketBoundaries bounds = {
      0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 300};
  return bounds;
}

}  // namespace

PipelineMetrics::PipelineMetrics(Metrics& metrics)
    : metrics_(metrics),
      owned_(metrics.gauge("fanfinity_consumer_partitions", "Partitions this consumer owns.")),
      batches_(metrics.counter("fanfinity_consumer_batches_total", "Batches stored.")),
      replayed_(metrics.counter("fanfinity_consumer_batches_replayed_total",
                                "Batches repeated because an earlier owner had announced them.")),
      duplicates_(metrics.counter("fanfinity_events_duplicate_total",
                                  "Events dropped because their id is stored already.")),
      conflicts_(
          metrics.counter("fanfinity_events_conflicting_total",
                          "Events dropped because their id is stored already, whose content differs from "
                          "an earlier one in the same batch.")),
      retries_scheduled_(metrics.counter("fanfinity_events_retry_scheduled_total",
                                         "Events that ClickHouse refused and that wait to be tried again.")),
      retried_(
          metrics.counter("fanfinity_events_retried_total", "Events brought back from the retry stream.")),
      dead_(metrics.counter("fanfinity_events_dead_total", "Events that became dead letters.")),
      insert_retries_(
          metrics.counter("fanfinity_consumer_insert_retries_total",
                          "Inserts to be repeated because they failed or their outcome is unknown.")),
      lookups_(metrics.counter("fanfinity_dedup_exact_lookups_total",
                               "Ids looked up in ClickHouse because the filter could not tell.")),
      repeating_(
          metrics.gauge("fanfinity_consumer_repeating_seconds",
                        "For how long the consumer has repeated the same insert, look-up, fetch or commit in "
                        "vain; 0: not at all.")),
      batch_size_(metrics.histogram("fanfinity_consumer_batch_events", "Events in a batch.",
                                    {1, 10, 100, 300, 1'000, 3'000, 10'000, 30'000, 100'000, 300'000})),
      batch_age_(metrics.histogram("fanfinity_consumer_batch_age_seconds",
                                   "From the oldest event of a batch being received to it being stored.",
                                   latency_bounds())),
      visible_(metrics.histogram("fanfinity_accept_to_visible_seconds",
                                 "From an event being received to it being counted in the metrics.",
                                 visible_bounds())) {}

PipelineMetrics::Partition& PipelineMetrics::partition(log::PartitionId id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = partitions_.find(id); found != partitions_.end()) return found->second;
  const prometheus::Labels labels{{"partition", std::to_string(log::number(id))}};
  return partitions_
      .emplace(id,
               Partition{
                   metrics_.gauge("fanfinity_consumer_lag", "Records of a partition not yet stored.", labels),
                   metrics_.gauge("fanfinity_dedup_filter_ids", "Ids in the filter of stored ids.", labels),
                   metrics_.gauge("fanfinity_dedup_filter_bytes", "Memory of the filter.", labels),
                   metrics_.gauge("fanfinity_consumer_partition_stopped",
                                  "1 while a partition waits for an operator.", labels)})
      .first->second;
}

void PipelineMetrics::on_assigned(log::PartitionId id) {
  partition(id).stopped.Set(0);
  owned_.Increment();
  log_line(Level::kInfo, "partition assigned", {{"partition", log::number(id)}});
}

void PipelineMetrics::on_revoked(log::PartitionId id) {
  owned_.Decrement();
  on_filter(id, 0, 0);
  log_line(Level::kInfo, "partition revoked", {{"partition", log::number(id)}});
}

void PipelineMetrics::on_batch(const pipeline::BatchReport& report) {
  batches_.Increment();
  if (report.replayed) replayed_.Increment();
  duplicates_.Increment(static_cast<double>(report.duplicates));
  conflicts_.Increment(static_cast<double>(report.conflicts));
  batch_size_.Observe(static_cast<double>(report.stored));
  batch_age_.Observe(seconds(report.oldest));
  count([&](Summary& summary) {
    ++summary.batches;
    summary.stored += report.stored;
    summary.duplicates += report.duplicates;
    summary.refused += report.refused;
  });
  log_line(Level::kDebug, "batch stored",
           {{"partition", log::number(report.partition)},
            {"first", log::number(report.first)},
            {"end", log::number(report.end)},
            {"stored", report.stored},
            {"duplicates", report.duplicates},
            {"refused", report.refused},
            {"replayed", report.replayed},
            {"oldest_ms", report.oldest.count()},
            {"insert_ms", std::chrono::duration<double, std::milli>(report.insert).count()}});
}

void PipelineMetrics::on_visible(std::chrono::milliseconds age, std::uint64_t events) {
  const auto& bounds = visible_bounds();
  std::vector<double> increments(bounds.size() + 1, 0.0);
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds(age)) - bounds.begin();
  increments[static_cast<std::size_t>(bucket)] = static_cast<double>(events);
  visible_.ObserveMultiple(increments, seconds(age) * static_cast<double>(events));
  count([&](Summary& summary) { summary.visible.add_bucket(domain::response_time_bucket(age), events); });
}

void PipelineMetrics::on_lag(log::PartitionId id, std::int64_t lag) {
  partition(id).lag.Set(static_cast<double>(lag));
}

void PipelineMetrics::on_insert_failed(log::PartitionId id, const base::Error& error,
                                       std::chrono::milliseconds next_try) {
  insert_retries_.Increment();
  count([](Summary& summary) { ++summary.repeated_inserts; });
  // Nothing is lost: the batch is sent again unchanged.
  log_line(Level::kWarn, "batch not confirmed, trying again",
           {{"partition", log::number(id)},
            {"error", base::to_string(error.code)},
            {"detail", error.detail},
            {"next_try_ms", next_try.count()}});
}

void PipelineMetrics::on_retry_scheduled(const pipeline::RefusedEvent& event, std::uint32_t attempt) {
  retries_scheduled_.Increment();
  log_line(Level::kWarn, "event refused, to be tried again",
           {{"partition", log::number(event.partition)},
            {"offset", log::number(event.offset)},
            {"event_id", event.record.key.to_string()},
            {"trace_id", base::trace_id(event.record.traceparent)},
            {"attempt", attempt},
            {"reason", event.reason}});
}

void PipelineMetrics::on_retried() {
  retried_.Increment();
}

void PipelineMetrics::on_dead_letter(const pipeline::RefusedEvent& event) {
  dead_.Increment();
  count([](Summary& summary) { ++summary.dead; });
  log_line(Level::kError, "event became a dead letter",
           {{"partition", log::number(event.partition)},
            {"offset", log::number(event.offset)},
            {"event_id", event.record.key.to_string()},
            {"trace_id", base::trace_id(event.record.traceparent)},
            {"reason", event.reason},
            {"advice", "see `fanfinity dead list`, remove the cause, then `fanfinity dead replay`"}});
}

void PipelineMetrics::on_filter(log::PartitionId id, std::uint64_t ids, std::uint64_t bytes) {
  Partition& of = partition(id);
  of.filter_ids.Set(static_cast<double>(ids));
  of.filter_bytes.Set(static_cast<double>(bytes));
}

void PipelineMetrics::on_exact_lookup(std::uint64_t ids) {
  lookups_.Increment(static_cast<double>(ids));
}

void PipelineMetrics::on_partition_stopped(log::PartitionId id, const base::Error& error) {
  partition(id).stopped.Set(1);
  log_line(
      Level::kError, "partition stopped, an operator must act",
      {{"partition", log::number(id)}, {"error", base::to_string(error.code)}, {"detail", error.detail}});
}

void PipelineMetrics::set_repeating(std::chrono::milliseconds duration) {
  repeating_.Set(seconds(duration));
}

void PipelineMetrics::log_summary(std::chrono::milliseconds period) {
  Summary summary;
  double lag = 0;
  {
    const std::lock_guard lock(mutex_);
    summary = std::exchange(summary_, {});
    for (const auto& [id, partition] : partitions_) lag += partition.lag.Value();
  }
  if (summary.batches == 0 && summary.repeated_inserts == 0 && summary.dead == 0) return;
  const auto visible = summary.visible.percentiles();
  log_line(Level::kInfo, "events stored",
           {{"seconds", seconds(period)},
            {"stored", summary.stored},
            {"batches", summary.batches},
            {"duplicates", summary.duplicates},
            {"refused", summary.refused},
            {"dead", summary.dead},
            {"repeated_inserts", summary.repeated_inserts},
            {"lag", lag},
            {"visible_p99_ms", visible ? visible->p99 : 0.0}});
}

}  // namespace fanfinity::observe
