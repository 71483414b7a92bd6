#pragma once
// What the worker of a partition knows about the ids stored of it: the filter, and the exact look-up
// where the filter cannot say.

#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "pipeline/batch_decision.h"
#include "pipeline/id_filter.h"
#include "pipeline/patient_store.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

class StoredIds {
 public:
  StoredIds(const WorkerContext& context, const PatientStore& store, log::PartitionId partition);

  /// Builds the filter from what is stored now. `oldest` is the received-at of the oldest event that is
  /// about to be stored, as far as known. Only when the partition is owned and its committed state was
  /// read (EXACTLY-ONCE 2).
  [[nodiscard]] base::Status build(base::Timestamp oldest);
  /// Every stored row of these candidates that may make one of them a duplicate.
  [[nodiscard]] base::Result<std::vector<store::StoredId>> find(std::span<const Candidate> candidates) const;
  /// The same without trusting the filter.
  [[nodiscard]] base::Result<std::vector<store::StoredId>> find_all(
      std::span<const Candidate> candidates) const;
  /// After a successful insert.
  void add(std::span<const store::EventKey> rows);

 private:
  const WorkerContext& context_;
  const PatientStore& store_;
  log::PartitionId partition_;
  std::unique_ptr<IdFilter> filter_;
};

}  // namespace fanfinity::pipeline
