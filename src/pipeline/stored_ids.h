#pragma once
// What the worker of a partition knows about the ids stored of it: the filter, and the exact look-up
// where the filter cannot say.

#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "pipeline/batch_decision.h"
#include "pipeline/id_filter.h"
#include "pipeline/id_scan.h"
#include "pipeline/patient_store.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

class StoredIds {
 public:
  StoredIds(const WorkerContext& context, const PatientStore& store, log::PartitionId partition,
            std::stop_token stop);
  ~StoredIds();
  StoredIds(const StoredIds&) = delete;
  StoredIds& operator=(const StoredIds&) = delete;

  /// Begins to build the filter of what is stored now; until it is there, ids are looked up exactly.
  /// `oldest` is the received-at of the oldest event that is about to be stored, as far as known. Only when
  /// the partition is owned and its committed state was read (EXACTLY-ONCE 2).
  void build(base::Timestamp oldest);
  /// Every stored row of these candidates that may make one of them a duplicate, or is one of them. A worker
  /// that is stopped while it waits for the filter gets kStopped.
  [[nodiscard]] base::Result<std::vector<store::StoredId>> find(std::span<const Candidate> candidates);
  /// The same without trusting the filter.
  [[nodiscard]] base::Result<std::vector<store::StoredId>> find_all(
      std::span<const Candidate> candidates) const;
  /// After a successful insert.
  void add(std::span<const store::EventKey> rows);

 private:
  /// Takes the filter up if it is filled; waits for it when `more` ids are too many to look up.
  [[nodiscard]] base::Status take_filter_up(std::size_t more);

  const WorkerContext& context_;
  const PatientStore& store_;
  const log::PartitionId partition_;
  const std::stop_token stop_;
  std::shared_ptr<FilterOrder> order_;
  base::SteadyTime ordered_at_{};
  std::unique_ptr<IdFilter> filter_;           ///< Null while it is being filled.
  std::vector<store::EventKey> stored_since_;  ///< By this worker, after the filter was ordered.
};

}  // namespace fanfinity::pipeline
