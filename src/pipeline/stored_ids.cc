#include "pipeline/stored_ids.h"

#include <algorithm>

#include "base/log_line.h"

namespace fanfinity::pipeline {
namespace {

// The filter reaches back this much further than the window, so that events which waited a while before
// they were read do not all need an exact look-up.
constexpr std::chrono::hours kSlack{1};

}  // namespace

StoredIds::StoredIds(const WorkerContext& context, const PatientStore& store, log::PartitionId partition)
    : context_(context), store_(store), partition_(partition) {}

base::Status StoredIds::build(base::Timestamp oldest) {
  const base::Timestamp until = std::min(oldest, context_.ports.clock.now());
  const base::Timestamp since = std::max(until - context_.config.dedup_window - kSlack, base::Timestamp{});
  const store::IdRange range{partition_, context_.ports.producer.partitions(log::Stream::kEvents), since};
  const auto begin = [&] {
    filter_.reset();  // Gives its memory back before the next one asks for it.
    filter_ = std::make_unique<IdFilter>(context_.filter_budget, context_.config.dedup_window, since);
  };
  const auto each = [&](std::span<const store::StoredId> rows) {
    for (const store::StoredId& row : rows) filter_->add(row.id, row.received_at);
  };
  if (auto scanned = store_.scan_ids(range, begin, each); !scanned) return scanned;
  base::log_line(
      base::Level::kInfo, "The filter of stored ids is built.",
      {{"partition", log::number(partition_)}, {"ids", filter_->ids()}, {"bytes", filter_->bytes()}});
  context_.ports.observer.on_filter(partition_, filter_->ids(), filter_->bytes());
  return {};
}

base::Result<std::vector<store::StoredId>> StoredIds::find(std::span<const Candidate> candidates) const {
  return find_all(filter_->maybes(candidates));
}

base::Result<std::vector<store::StoredId>> StoredIds::find_all(std::span<const Candidate> candidates) const {
  if (candidates.empty()) return std::vector<store::StoredId>{};
  std::vector<base::Uuid> ids;
  ids.reserve(candidates.size());
  for (const Candidate& candidate : candidates) ids.push_back(candidate.id);
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  context_.ports.observer.on_exact_lookup(ids.size());
  return store_.find(ids);
}

void StoredIds::add(std::span<const store::EventKey> rows) {
  filter_->add(rows);
  filter_->forget_before(context_.ports.clock.now() - context_.config.dedup_window - kSlack);
  context_.ports.observer.on_filter(partition_, filter_->ids(), filter_->bytes());
}

}  // namespace fanfinity::pipeline
