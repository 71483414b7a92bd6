#pragma once
// The delay line: takes what waits in one owned partition of `retry` and, when it is due, produces it to
// `events` again, where it takes the same road as everything else. Inserts nothing itself.

#include <cstddef>
#include <deque>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/result.h"
#include "pipeline/patient_partition.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

class RetryRelay {
 public:
  RetryRelay(const WorkerContext& context, log::OwnedPartition& partition, const std::stop_token& stop);

  /// Works until it has a reason to leave: as PartitionWorker::run.
  [[nodiscard]] base::Error run();

 private:
  /// One record read ahead. Records are due in any order; the offset is committed in theirs.
  struct Waiting {
    log::Offset offset{};
    std::optional<log::Record> record;  ///< Until it was produced.
    base::Timestamp due_at;
    std::optional<log::Position> produced;  ///< Where its copy stands in `events`.
    bool settled = false;                   ///< The group's commit has passed that copy.
  };

  [[nodiscard]] base::Status live();
  [[nodiscard]] base::Status read_ahead();
  [[nodiscard]] base::Status produce_due();
  [[nodiscard]] base::Status commit_settled();
  void note_settled();
  [[nodiscard]] std::chrono::milliseconds until_next() const;

  const WorkerContext& context_;
  std::stop_token stop_;
  PatientPartition partition_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  log::Offset next_{};
  log::Offset committed_{};
};

}  // namespace fanfinity::pipeline
