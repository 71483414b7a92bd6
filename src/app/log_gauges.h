#pragma once
// Gauges read off the log when metrics are scraped: they show what is, however busy the consumer may be.

#include "log/kafka_log.h"
#include "log/local_log.h"
#include "observe/metrics.h"
#include "pipeline/observer.h"

namespace fanfinity::app {

/// Of whichever log: what is on its way. Asks the log, so a sample may wait for Kafka.
class BacklogGauges {
 public:
  explicit BacklogGauges(observe::Metrics& metrics);
  /// Lag goes to `pipeline`, which has the gauge of each partition.
  void sample(log::Reader& reader, const log::Producer& producer, pipeline::Observer& pipeline);

 private:
  prometheus::Gauge& healthy_;
  prometheus::Gauge& retry_pending_;
  prometheus::Gauge& dead_letters_;
};

class LocalLogGauges {
 public:
  explicit LocalLogGauges(observe::Metrics& metrics);
  void sample(const log::LocalLog& log);

 private:
  prometheus::Gauge& disk_bytes_;
  prometheus::Gauge& live_bytes_;
  prometheus::Gauge& queued_bytes_;
  prometheus::Gauge& queued_records_;
  prometheus::Gauge& syncs_;
  prometheus::Gauge& sync_seconds_;
  prometheus::Gauge& poisoned_;
  prometheus::Gauge& dead_dropped_;
};

class KafkaLogGauges {
 public:
  explicit KafkaLogGauges(observe::Metrics& metrics);
  void sample(const log::KafkaLog& log);

 private:
  prometheus::Gauge& queued_bytes_;
  prometheus::Gauge& queued_records_;
  prometheus::Gauge& rebalances_;
};

}  // namespace fanfinity::app
