#include "app/log_gauges.h"

#include <chrono>

#include "pipeline/consumer.h"

namespace fanfinity::app {

LogGauges::LogGauges(observe::Metrics& metrics)
    : disk_bytes_(
          metrics.gauge("fanfinity_log_disk_bytes", "Disk the embedded log takes, spare segments included.")),
      live_bytes_(metrics.gauge("fanfinity_log_live_bytes", "Of it, records that may not be removed yet.")),
      queued_bytes_(metrics.gauge("fanfinity_log_queued_bytes", "Bytes waiting to be written.")),
      queued_records_(metrics.gauge("fanfinity_log_queued_records", "Records waiting to be written.")),
      syncs_(metrics.gauge("fanfinity_log_syncs", "Syncs to disk since start.")),
      sync_seconds_(metrics.gauge("fanfinity_log_sync_seconds", "Time spent in them since start.")),
      poisoned_(
          metrics.gauge("fanfinity_log_poisoned", "1 when a write or sync failed: 503 until a restart.")),
      dead_dropped_(
          metrics.gauge("fanfinity_log_dead_dropped", "Dead letters dropped for want of space since start.")),
      retry_pending_(metrics.gauge("fanfinity_retry_pending", "Refused events waiting to be tried again.")),
      dead_letters_(
          metrics.gauge("fanfinity_dead_letters", "Records in the dead stream, brought back or not.")) {}

void LogGauges::sample(log::LocalLog& log, pipeline::Observer& pipeline) {
  const log::LocalLogStats stats = log.stats();
  disk_bytes_.Set(static_cast<double>(stats.disk_bytes));
  live_bytes_.Set(static_cast<double>(stats.live_bytes));
  queued_bytes_.Set(static_cast<double>(stats.queued_bytes));
  queued_records_.Set(static_cast<double>(stats.queued_records));
  syncs_.Set(static_cast<double>(stats.syncs));
  sync_seconds_.Set(std::chrono::duration<double>(stats.sync_time).count());
  poisoned_.Set(stats.poisoned ? 1 : 0);
  dead_dropped_.Set(static_cast<double>(stats.dead_dropped));
  if (const auto backlog = pipeline::backlog(log); backlog.ok()) {
    retry_pending_.Set(static_cast<double>(backlog->retry));
    dead_letters_.Set(static_cast<double>(backlog->dead));
  }
  const auto partitions = log.state(log::Stream::kEvents);
  if (!partitions.ok()) return;
  for (const log::PartitionState& partition : *partitions) {
    pipeline.on_lag(partition.partition,
                    partition.end - partition.committed.offset.value_or(partition.begin));
  }
}

}  // namespace fanfinity::app
