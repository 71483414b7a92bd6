#pragma once
// Reads the next range of a partition: as much as a batch may hold, as long as it may wait.

#include <cstddef>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/patient_partition.h"
#include "pipeline/range.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

class RangeCollector {
 public:
  RangeCollector(const WorkerContext& context, const PatientPartition& partition, std::stop_token stop);

  /// Waits a moment for records; returns without any when none came. Otherwise fetches until the batch is
  /// full, or the end is found and the oldest record has waited its time.
  [[nodiscard]] base::Result<Range> collect(log::Offset from);
  /// Exactly [first, end), for a replay. kCorrupt when the log ends before.
  [[nodiscard]] base::Result<Range> collect_exactly(log::Offset first, log::Offset end);
  /// The received-at of the first record at or after `from`; the present when there is none.
  [[nodiscard]] base::Result<base::Timestamp> oldest_from(log::Offset from);
  /// The record at `offset`, which was read before. kCorrupt when it is not there any more.
  [[nodiscard]] base::Result<log::Record> record_at(log::Offset offset);
  /// Rows of a range that is settled: the next one takes their memory.
  void use_again(store::EventRows rows);

 private:
  [[nodiscard]] Range begin_at(log::Offset first);
  [[nodiscard]] base::Status fetch_into(Range& range, log::FetchLimits limits,
                                        std::optional<log::Offset> until = std::nullopt);
  [[nodiscard]] log::FetchLimits room_in(const Range& range) const;
  [[nodiscard]] std::chrono::milliseconds time_left(const Range& range, base::SteadyTime began,
                                                    base::SteadyTime slot) const;

  const WorkerContext& context_;
  const PatientPartition& partition_;
  std::stop_token stop_;
  Home home_;
  domain::EventParser parser_;
  log::Fetched fetched_;    ///< Only its memory is kept.
  store::EventRows spare_;  ///< The same.
};

}  // namespace fanfinity::pipeline
