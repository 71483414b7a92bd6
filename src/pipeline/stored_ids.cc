#include "pipeline/stored_ids.h"

#include <algorithm>
#include <utility>

#include "base/log_line.h"

namespace fanfinity::pipeline {
namespace {

// The filter reaches back this much further than the window, so that events which waited a while before
// they were read do not all need an exact look-up.
constexpr std::chrono::hours kSlack{1};

// More ids than these, and waiting for the filter is cheaper than looking them up: of one batch, and of all
// before it is there.
constexpr std::size_t kMostLookedUp = 2'500;
constexpr std::size_t kMostBeforeFilter = 50'000;
constexpr std::chrono::milliseconds kForEver = std::chrono::hours{24 * 365};

}  // namespace

StoredIds::StoredIds(const WorkerContext& context, const PatientStore& store, log::PartitionId partition,
                     std::stop_token stop)
    : context_(context), store_(store), partition_(partition), stop_(std::move(stop)) {}

StoredIds::~StoredIds() {
  if (order_ != nullptr) order_->withdraw();
}

void StoredIds::build(base::Timestamp oldest) {
  const base::Timestamp until = std::min(oldest, context_.ports.clock.now());
  const base::Timestamp since = std::max(until - context_.config.dedup_window - kSlack, base::Timestamp{});
  filter_.reset();
  order_ = context_.id_scan.order(partition_, since);
  ordered_at_ = context_.ports.clock.steady();
}

base::Status StoredIds::take_filter_up(std::size_t more) {
  if (filter_ != nullptr) return {};
  const bool too_many = more > kMostLookedUp || stored_since_.size() + more > kMostBeforeFilter;
  const auto waited =
      std::chrono::ceil<std::chrono::milliseconds>(context_.ports.clock.steady() - ordered_at_);
  const auto left = std::max(context_.config.filter_patience - waited, std::chrono::milliseconds::zero());
  const auto filled = order_->wait(stop_, too_many ? kForEver : left);
  if (!filled) return filled.error();
  if (!*filled) return {};
  filter_ = order_->take();
  order_.reset();
  filter_->add(std::exchange(stored_since_, {}));
  base::log_line(
      base::Level::kInfo, "id filter taken into use",
      {{"partition", log::number(partition_)}, {"ids", filter_->ids()}, {"bytes", filter_->bytes()}});
  context_.ports.observer.on_filter(partition_, filter_->ids(), filter_->bytes());
  return {};
}

base::Result<std::vector<store::StoredId>> StoredIds::find(std::span<const Candidate> candidates) {
  if (candidates.empty()) return std::vector<store::StoredId>{};
  if (auto taken = take_filter_up(candidates.size()); !taken) return taken.error();
  return filter_ == nullptr ? find_all(candidates) : find_all(filter_->maybes(candidates));
}

base::Result<std::vector<store::StoredId>> StoredIds::find_all(std::span<const Candidate> candidates) const {
  if (candidates.empty()) return std::vector<store::StoredId>{};
  std::vector<base::Uuid> ids;
  ids.reserve(candidates.size());
  base::Timestamp since = base::Timestamp::max();
  for (const Candidate& candidate : candidates) {
    ids.push_back(candidate.id);
    since = std::min(since, known_since(candidate, context_.config.dedup_window));
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  context_.ports.observer.on_exact_lookup(ids.size());
  return store_.find(ids, since);
}

void StoredIds::add(std::span<const store::EventKey> rows) {
  if (filter_ == nullptr) {
    stored_since_.insert(stored_since_.end(), rows.begin(), rows.end());
    return;
  }
  filter_->add(rows);
  // As long as there is memory it forgets nothing, and spares old events their look-up.
  if (filter_->overfull()) {
    filter_->forget_before(context_.ports.clock.now() - context_.config.dedup_window - kSlack);
  }
  context_.ports.observer.on_filter(partition_, filter_->ids(), filter_->bytes());
}

}  // namespace fanfinity::pipeline
