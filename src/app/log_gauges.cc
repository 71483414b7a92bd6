#include "app/log_gauges.h"

#include <chrono>

#include "pipeline/consumer.h"

namespace fanfinity::app {

BacklogGauges::BacklogGauges(observe::Metrics& metrics)
    : healthy_(metrics.gauge("fanfinity_log_healthy", "1 while events can be made durable, else 0.")),
      retry_pending_(metrics.gauge("fanfinity_retry_pending", "Refused events waiting to be tried again.")),
      dead_letters_(
          metrics.gauge("fanfinity_dead_letters", "Records in the dead stream, brought back or not.")) {}

void BacklogGauges::sample(log::Reader& reader, const log::Producer& producer, pipeline::Observer& pipeline) {
  healthy_.Set(producer.health().ok() ? 1 : 0);
  const auto backlog = pipeline::backlog(reader);
  if (!backlog.ok()) return;
  retry_pending_.Set(static_cast<double>(backlog->retry));
  dead_letters_.Set(static_cast<double>(backlog->dead));
  for (std::uint32_t p = 0; p < backlog->lags.size(); ++p) {
    pipeline.on_lag(log::PartitionId{p}, static_cast<std::int64_t>(backlog->lags[p]));
  }
}

LocalLogGauges::LocalLogGauges(observe::Metrics& metrics)
    : disk_bytes_(
          metrics.gauge("fanfinity_log_disk_bytes", "Disk the embedded log takes, spare segments included.")),
      live_bytes_(metrics.gauge("fanfinity_log_live_bytes", "Of it, records that may not be removed yet.")),
      queued_bytes_(metrics.gauge("fanfinity_log_queued_bytes", "Bytes waiting to be written.")),
      queued_records_(metrics.gauge("fanfinity_log_queued_records", "Records waiting to be written.")),
      syncs_(metrics.gauge("fanfinity_log_syncs", "Syncs to disk since start.")),
      sync_seconds_(metrics.gauge("fanfinity_log_sync_seconds", "Time spent in them since start.")),
      poisoned_(
          metrics.gauge("fanfinity_log_poisoned", "1 when a write or sync failed: 503 until a restart.")),
      dead_dropped_(metrics.gauge("fanfinity_log_dead_dropped",
                                  "Dead letters dropped for want of space since start.")) {}

void LocalLogGauges::sample(const log::LocalLog& log) {
  const log::LocalLogStats stats = log.stats();
  disk_bytes_.Set(static_cast<double>(stats.disk_bytes));
  live_bytes_.Set(static_cast<double>(stats.live_bytes));
  queued_bytes_.Set(static_cast<double>(stats.queued_bytes));
  queued_records_.Set(static_cast<double>(stats.queued_records));
  syncs_.Set(static_cast<double>(stats.syncs));
  sync_seconds_.Set(std::chrono::duration<double>(stats.sync_time).count());
  poisoned_.Set(stats.poisoned ? 1 : 0);
  dead_dropped_.Set(static_cast<double>(stats.dead_dropped));
}

KafkaLogGauges::KafkaLogGauges(observe::Metrics& metrics)
    : queued_bytes_(metrics.gauge("fanfinity_kafka_queued_bytes", "Bytes not yet confirmed by the brokers.")),
      queued_records_(
          metrics.gauge("fanfinity_kafka_queued_records", "Records not yet confirmed by the brokers.")),
      rebalances_(metrics.gauge("fanfinity_kafka_rebalances",
                                "Assignments and revocations of partitions since start.")) {}

void KafkaLogGauges::sample(const log::KafkaLog& log) {
  const log::KafkaLogStats stats = log.stats();
  queued_bytes_.Set(static_cast<double>(stats.queued_bytes));
  queued_records_.Set(static_cast<double>(stats.queued_records));
  rebalances_.Set(static_cast<double>(stats.rebalances));
}

}  // namespace fanfinity::app
