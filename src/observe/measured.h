#pragma once
// Decorators that measure a port and change nothing.

#include "log/log.h"
#include "observe/metrics.h"
#include "store/store.h"

namespace fanfinity::observe {

/// Counts what was made durable, what failed, and how long an append took.
class MeasuredProducer final : public log::Producer {
 public:
  /// `inner` and `metrics` outlive this and every callback.
  MeasuredProducer(log::Producer& inner, Metrics& metrics);
  void append(log::Stream stream, std::vector<log::Record> records, Done done) override;
  [[nodiscard]] base::Status health() const override { return inner_.health(); }
  [[nodiscard]] std::uint32_t partitions(log::Stream stream) const override {
    return inner_.partitions(stream);
  }

 private:
  log::Producer& inner_;
  prometheus::Counter& produced_;
  prometheus::Counter& failed_;
  prometheus::Histogram& duration_;
  prometheus::Gauge& in_flight_;
};

/// Counts rows inserted and failures, and how long inserts and look-ups took.
class MeasuredStore final : public store::EventStore {
 public:
  MeasuredStore(store::EventStore& inner, Metrics& metrics);
  [[nodiscard]] base::Status insert(const store::Batch& batch, std::string_view token) override;
  [[nodiscard]] base::Result<std::vector<store::StoredId>> find(std::span<const base::Uuid> ids,
                                                                base::Timestamp since) override;
  [[nodiscard]] base::Result<base::Timestamp> scan_ids(const store::IdRange& range,
                                                       const Scanned& each) override {
    return inner_.scan_ids(range, each);
  }
  [[nodiscard]] base::Result<std::optional<log::Offset>> highest_offset(log::PartitionId partition) override {
    return inner_.highest_offset(partition);
  }

 private:
  store::EventStore& inner_;
  prometheus::Counter& inserted_;
  prometheus::Counter& failed_;
  prometheus::Counter& refused_;
  prometheus::Histogram& insert_duration_;
  prometheus::Histogram& find_duration_;
};

}  // namespace fanfinity::observe
