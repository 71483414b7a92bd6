#pragma once
// A partition of the embedded log in the hands of the member that owns it.

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "log/commit_store.h"
#include "log/journal.h"
#include "log/log.h"
#include "log/membership.h"

namespace fanfinity::log {

class LocalPartition final : public OwnedPartition {
 public:
  /// `on_commit`: called after each commit.
  LocalPartition(Journal& journal, CommitStore& commits, PartitionId id, std::shared_ptr<Ownership> ownership,
                 std::function<void()> on_commit);

  [[nodiscard]] PartitionId id() const override { return id_; }
  [[nodiscard]] base::Result<Committed> committed() override;
  [[nodiscard]] base::Status fetch(Offset from, const FetchLimits& limits, std::stop_token stop,
                                   Fetched& into) override;
  [[nodiscard]] base::Status commit(Offset offset, std::string_view metadata) override;

 private:
  Journal& journal_;
  CommitStore& commits_;
  const PartitionId id_;
  const std::shared_ptr<Ownership> ownership_;
  const std::function<void()> on_commit_;
  ReadCursor cursor_;
};

}  // namespace fanfinity::log
