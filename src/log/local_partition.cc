#include "log/local_partition.h"

#include <fmt/format.h>

#include <utility>

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

LocalPartition::LocalPartition(Journal& journal, CommitStore& commits, PartitionId id,
                               std::shared_ptr<Ownership> ownership, std::function<void()> on_commit)
    : journal_(journal),
      commits_(commits),
      id_(id),
      ownership_(std::move(ownership)),
      on_commit_(std::move(on_commit)) {}

Result<Committed> LocalPartition::committed() {
  if (!ownership_->held()) return Ownership::fenced();
  return commits_.committed(journal_.stream(), id_);
}

Status LocalPartition::fetch(Offset from, const FetchLimits& limits, std::stop_token stop, Fetched& into) {
  if (!ownership_->held()) return Ownership::fenced();
  std::stop_source either;
  const std::stop_callback stopped(std::move(stop), [&] { either.request_stop(); });
  const std::stop_callback lost(ownership_->ended(), [&] { either.request_stop(); });
  auto fetched = journal_.fetch(id_, from, limits, either.get_token(), cursor_, into);
  if (!ownership_->held()) return Ownership::fenced();
  return fetched;
}

Status LocalPartition::commit(Offset offset, std::string_view metadata) {
  auto status = ownership_->while_held([&]() -> Status {
    const auto [begin, end] = journal_.bounds(id_);
    if (offset < begin || offset > end) {
      return Error{Errc::kInvalid, fmt::format("Cannot commit offset {}: the partition holds {} to {}.",
                                               number(offset), number(begin), number(end))};
    }
    return commits_.commit(journal_.stream(), id_, offset, metadata);
  });
  if (status) on_commit_();
  return status;
}

}  // namespace fanfinity::log
