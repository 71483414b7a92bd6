#pragma once
// Reads the next range of a partition: as much as a batch may hold, as long as it may wait.

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/decoded_record.h"
#include "pipeline/patient_partition.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

/// [first, end) and everything in it.
struct Range {
  log::Offset first{};
  log::Offset end{};
  std::vector<DecodedRecord> records{};
  std::size_t bytes = 0;
  log::Offset log_end{};          ///< Of the last fetch.
  base::Timestamp seen_before{};  ///< A moment before the last fetch began.
  bool at_end = false;  ///< The last fetch found the end of the partition: nothing lies beyond `end`.
};

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

 private:
  [[nodiscard]] base::Status fetch_into(Range& range, const log::FetchLimits& limits);
  [[nodiscard]] log::FetchLimits room_in(const Range& range) const;
  [[nodiscard]] std::chrono::milliseconds time_left(const Range& range, base::SteadyTime began,
                                                    base::SteadyTime slot) const;

  const WorkerContext& context_;
  const PatientPartition& partition_;
  std::stop_token stop_;
  Home home_;
  domain::EventParser parser_;
};

}  // namespace fanfinity::pipeline
