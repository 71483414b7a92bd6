#pragma once
// One owned partition of `events`, from its assignment to its end, on a thread of its own.

#include <optional>
#include <stop_token>

#include "base/result.h"
#include "pipeline/patient_partition.h"
#include "pipeline/patient_store.h"
#include "pipeline/range_collector.h"
#include "pipeline/range_writer.h"
#include "pipeline/stored_ids.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

class PartitionWorker {
 public:
  PartitionWorker(const WorkerContext& context, log::OwnedPartition& partition, const std::stop_token& stop);

  /// Works until it has a reason to leave, and tells it: kStopped, kFenced, kUnknownOutcome (a commit may
  /// or may not have landed: rejoin and start over), or what an operator must see to.
  [[nodiscard]] base::Error run();

 private:
  /// What the group committed last.
  struct Adopted {
    log::Offset offset{};
    std::optional<CommitMetadata> metadata;
  };

  [[nodiscard]] base::Status live();
  [[nodiscard]] base::Result<Adopted> adopt();
  [[nodiscard]] base::Status check_offsets(const log::Committed& committed, const Adopted& adopted) const;
  [[nodiscard]] base::Status replay(const CommitMetadata& intent);
  [[nodiscard]] base::Status prove_absent(const Range& range) const;
  [[nodiscard]] base::Status settle(Range range, bool replayed);
  [[nodiscard]] base::Result<DecidedRows> decide_rows(Range& range, BatchReport& report);
  [[nodiscard]] base::Status bury_unreadable(const Range& range, BatchReport& report) const;
  [[nodiscard]] base::Status hand_over(log::Offset offset, const std::string& reason);
  [[nodiscard]] base::Status stay_idle(const Range& range);
  [[nodiscard]] base::Status commit(log::Offset offset, CommitMetadata metadata);
  [[nodiscard]] base::Timestamp as_of_after(const Range& range) const;
  void tell_visible(const store::Batch& batch, BatchReport& report) const;

  const WorkerContext& context_;
  std::stop_token stop_;
  PatientPartition partition_;
  PatientStore store_;
  StoredIds stored_ids_;
  RangeCollector collector_;
  log::Offset next_{};  ///< Everything below is settled.
  base::Timestamp as_of_{};
  base::SteadyTime committed_at_{};
  std::optional<log::Offset> drain_until_;
};

}  // namespace fanfinity::pipeline
