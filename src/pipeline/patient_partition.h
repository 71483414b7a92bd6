#pragma once
// The owned partition as a worker sees it: calls that were not carried out are repeated with back-off.
// What comes back is success, or a reason to leave the partition: kStopped, kFenced, kUnknownOutcome of a
// commit (rejoin), anything else (an operator must act).

#include <stop_token>
#include <string_view>

#include "base/result.h"
#include "pipeline/worker_context.h"

namespace fanfinity::pipeline {

class PatientPartition {
 public:
  PatientPartition(const WorkerContext& context, log::OwnedPartition& partition, std::stop_token stop);

  [[nodiscard]] log::PartitionId id() const { return partition_.id(); }
  [[nodiscard]] base::Result<log::Committed> committed() const;
  [[nodiscard]] base::Status fetch(log::Offset from, const log::FetchLimits& limits,
                                   log::Fetched& into) const;
  [[nodiscard]] base::Status commit(log::Offset offset, std::string_view metadata) const;

 private:
  void tell(const base::Error& error, std::chrono::milliseconds next_try) const;

  log::OwnedPartition& partition_;
  Patience patience_;
};

}  // namespace fanfinity::pipeline
