#pragma once
// The store as a worker sees it: every call is repeated with back-off until it is answered, for as long
// as it takes (EXACTLY-ONCE 5). What remains are the answers that matter, and kStopped.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/worker_context.h"
#include "store/store.h"

namespace fanfinity::pipeline {

class PatientStore {
 public:
  PatientStore(const WorkerContext& context, log::PartitionId partition, std::stop_token stop);

  /// Success, kRefused, or kStopped: then the rows may have landed or not.
  [[nodiscard]] base::Status insert(const store::Batch& batch, std::string_view token) const;
  [[nodiscard]] base::Result<std::vector<store::StoredId>> find(std::span<const base::Uuid> ids,
                                                                base::Timestamp since) const;
  [[nodiscard]] base::Result<std::optional<log::Offset>> highest_offset() const;

 private:
  template <typename Attempt>
  auto ask(Attempt attempt) const;
  void tell(const base::Error& error, std::chrono::milliseconds next_try) const;

  store::EventStore& store_;
  Observer& observer_;
  log::PartitionId partition_;
  Patience patience_;
};

}  // namespace fanfinity::pipeline
