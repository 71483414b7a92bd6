#pragma once
// Reads one partition that is assigned to a handle, through a queue of its own.

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "log/kafka_handle.h"
#include "log/log.h"

namespace fanfinity::log {

/// Make it before the partition is assigned (its messages must not go to the handle's common queue), destroy
/// it before the handle. One thread at a time.
class KafkaCursor {
 public:
  /// Why a wait is to be cut short, asked several times a second.
  using Interrupted = std::function<std::optional<base::Error>()>;

  KafkaCursor(rd_kafka_t* handle, std::string topic, PartitionId partition);

  /// Whether the partition holds `offset` or ends there; kNotFound if not.
  [[nodiscard]] base::Status check(Offset offset);
  /// The partition will be assigned to begin at `offset`: no need to seek there.
  void begin_at(Offset offset);
  /// Offsets that are passed over are read a second time before it is believed that they hold nothing.
  void distrust_gaps() { distrusts_gaps_ = true; }
  /// OwnedPartition::fetch and Reader::read. kFenced: the assignment is dead, ask for a new one. `end` was
  /// asked of the broker after the call began, unless more was known to be there anyway.
  [[nodiscard]] base::Result<Fetched> fetch(Offset from, const FetchLimits& limits,
                                            const Interrupted& interrupted);
  /// The end as far as it is known.
  [[nodiscard]] Offset known_end() const { return known_end_; }

 private:
  [[nodiscard]] base::Result<Fetched> try_fetch(Offset from, const FetchLimits& limits,
                                                const Interrupted& interrupted);
  [[nodiscard]] base::Status seek(Offset to, const Interrupted& interrupted);
  [[nodiscard]] base::Status ask_end();
  [[nodiscard]] base::Status take_ready(std::size_t wanted);
  [[nodiscard]] base::Status take(const rd_kafka_message_t& message);
  [[nodiscard]] base::Status check_gap(Offset next);
  [[nodiscard]] base::Status wait_for_more(base::SteadyTime until, const Interrupted& interrupted);
  void hand_out(const FetchLimits& limits, Fetched& fetched);

  rd_kafka_t* handle_;
  const std::string topic_;
  const PartitionId partition_;
  KafkaQueue queue_;
  std::deque<FetchedRecord> ahead_;  ///< Taken from the queue, not yet handed out.
  std::optional<Offset> position_;   ///< Of the next record to hand out; empty until sought.
  Offset taken_{};                   ///< Behind the last record or gap taken from the queue.
  Offset known_end_{};
  bool distrusts_gaps_ = false;
  std::optional<Offset> gap_at_;  ///< Where the last one began.
};

}  // namespace fanfinity::log
