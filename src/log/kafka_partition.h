#pragma once
// One partition that a member of the consumer group owns.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "log/kafka_cursor.h"
#include "log/kafka_handle.h"
#include "log/log.h"
#include "log/membership.h"

namespace fanfinity::log {

/// What a partition needs of its member. Thread-safe.
class KafkaMembership {
 public:
  virtual ~KafkaMembership() = default;
  [[nodiscard]] virtual rd_kafka_t* handle() const = 0;
  /// Whether the group still knows this member under the name by which it got its partitions.
  [[nodiscard]] virtual bool still_member() const = 0;
  /// Leave and join anew: the coordinator denies what we believe.
  virtual void start_over() = 0;
  /// Connections closed so far.
  [[nodiscard]] virtual std::uint64_t disconnects() const = 0;
};

/// The epoch of EXACTLY-ONCE C1 is `ownership`: once ended, nothing reaches the broker any more.
class KafkaPartition final : public OwnedPartition {
 public:
  KafkaPartition(KafkaMembership& member, std::string topic, PartitionId id,
                 std::chrono::milliseconds session_timeout);

  [[nodiscard]] PartitionId id() const override { return id_; }
  [[nodiscard]] base::Result<Committed> committed() override;
  [[nodiscard]] base::Status fetch(Offset from, const FetchLimits& limits, std::stop_token stop,
                                   Fetched& into) override;
  [[nodiscard]] base::Status commit(Offset offset, std::string_view metadata) override;

  /// Every later call answers kFenced; calls that wait return soon. Any thread.
  void fence() { ownership_.end(); }
  /// Lets go of the handle. Only when nothing uses the partition any more.
  void release();

 private:
  [[nodiscard]] base::Status check_offset(Offset offset);
  [[nodiscard]] base::Status send_commit(Offset offset, std::string_view metadata);
  [[nodiscard]] std::optional<rd_kafka_resp_err_t> wait_for_commit(rd_kafka_queue_t* queue) const;

  KafkaMembership& member_;
  const std::string topic_;
  const PartitionId id_;
  const std::chrono::milliseconds commit_wait_;
  Ownership ownership_;
  std::unique_ptr<KafkaCursor> cursor_;
  Offset end_seen_{};  ///< A commit up to here needs no look at the log.
};

}  // namespace fanfinity::log
