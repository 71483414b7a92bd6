#pragma once
// Gauges and counters read off the embedded log when metrics are scraped: they show what is, however busy
// the consumer may be.

#include "log/local_log.h"
#include "observe/metrics.h"
#include "pipeline/observer.h"

namespace fanfinity::app {

class LogGauges {
 public:
  explicit LogGauges(observe::Metrics& metrics);
  /// Lag goes to `pipeline`, which has the gauge of each partition.
  void sample(log::LocalLog& log, pipeline::Observer& pipeline);

 private:
  prometheus::Gauge& disk_bytes_;
  prometheus::Gauge& live_bytes_;
  prometheus::Gauge& queued_bytes_;
  prometheus::Gauge& queued_records_;
  prometheus::Gauge& syncs_;
  prometheus::Gauge& sync_seconds_;
  prometheus::Gauge& poisoned_;
  prometheus::Gauge& dead_dropped_;
  prometheus::Gauge& retry_pending_;
  prometheus::Gauge& dead_letters_;
};

}  // namespace fanfinity::app
