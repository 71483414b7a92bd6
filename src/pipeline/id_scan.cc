#include "pipeline/id_scan.h"

#include <algorithm>
#include <utility>

#include "base/log_line.h"
#include "base/thread_name.h"
#include "pipeline/patience.h"

namespace fanfinity::pipeline {
namespace {

/// The ids of a chunk, by the partition their keys map to.
class ByPartition {
 public:
  explicit ByPartition(std::uint32_t partitions) : ids_(partitions) {}

  void sort(std::span<const store::ScannedId> ids) {
    for (auto& some : ids_) some.clear();
    for (const store::ScannedId& one : ids) {
      const log::PartitionId home = log::partition_of(one.id.hash(), partitions());
      ids_[log::number(home)].push_back({one.id, {}, one.received_at});
    }
  }
  [[nodiscard]] std::span<const store::EventKey> of(log::PartitionId partition) const {
    return ids_[log::number(partition)];
  }

 private:
  [[nodiscard]] std::uint32_t partitions() const { return static_cast<std::uint32_t>(ids_.size()); }
  std::vector<std::vector<store::EventKey>> ids_;
};

}  // namespace

FilterOrder::FilterOrder(FilterBudget& budget, std::chrono::milliseconds window, log::PartitionId partition,
                         base::Timestamp since)
    : budget_(budget), window_(window), partition_(partition), since_(since) {
  begin();
}

base::Result<bool> FilterOrder::wait(const std::stop_token& stop, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, stop, patience, [this] { return done_; });
  if (stop.stop_requested()) return stopped();
  return done_;
}

std::unique_ptr<IdFilter> FilterOrder::take() {
  const std::scoped_lock lock(mutex_);
  return done_ ? std::move(filter_) : nullptr;
}

void FilterOrder::withdraw() {
  const std::scoped_lock lock(mutex_);
  withdrawn_ = true;
  filter_.reset();
}

bool FilterOrder::withdrawn() const {
  const std::scoped_lock lock(mutex_);
  return withdrawn_;
}

void FilterOrder::begin() {
  const std::scoped_lock lock(mutex_);
  if (withdrawn_) return;
  filter_.reset();  // Gives its memory back before the next one asks for it.
  filter_ = std::make_unique<IdFilter>(budget_, window_, since_);
}

void FilterOrder::add(std::span<const store::EventKey> ids) {
  const std::scoped_lock lock(mutex_);
  if (!withdrawn_) filter_->add(ids);
}

void FilterOrder::finish(base::Timestamp since) {
  const std::scoped_lock lock(mutex_);
  if (!withdrawn_) filter_->set_since(std::min(since_, since));
  done_ = !withdrawn_;
  filled_.notify_all();
}

IdScan::IdScan(const ConsumerConfig& config, const ConsumerPorts& ports, FilterBudget& budget,
               Repetitions& repetitions)
    : config_(config),
      ports_(ports),
      budget_(budget),
      repetitions_(repetitions),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

IdScan::~IdScan() = default;

std::shared_ptr<FilterOrder> IdScan::order(log::PartitionId partition, base::Timestamp since) {
  auto placed = std::make_shared<FilterOrder>(budget_, config_.dedup_window, partition, since);
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(placed);
  }
  ordered_.notify_all();
  return placed;
}

void IdScan::run(const std::stop_token& stop) {
  base::name_this_thread("id-scan");
  while (!stop.stop_requested()) {
    Orders orders = next_orders(stop);
    fill(orders, stop);
  }
}

IdScan::Orders IdScan::next_orders(const std::stop_token& stop) {
  {
    std::unique_lock lock(mutex_);
    if (!ordered_.wait(lock, stop, [this] { return !waiting_.empty(); })) return {};
  }
  // Partitions come several at a time, and one look serves them all.
  ports_.clock.wait_for(stop, config_.filter_gather);
  const std::scoped_lock lock(mutex_);
  return std::exchange(waiting_, {});
}

void IdScan::fill(Orders& orders, const std::stop_token& stop) {
  const base::SteadyTime began = ports_.clock.steady();
  base::Timestamp since;
  const auto attempt = [&]() -> base::Status {
    std::erase_if(orders, [](const auto& order) { return order->withdrawn(); });
    if (orders.empty()) return {};
    const auto scanned = scan(orders, stop);
    if (!scanned) return scanned.error();
    since = *scanned;
    return {};
  };
  const auto is_final = [](base::Errc code) { return code == base::Errc::kStopped; };
  const auto tell = [&](const base::Error& error, std::chrono::milliseconds next_try) {
    for (const auto& order : orders) ports_.observer.on_insert_failed(order->partition_, error, next_try);
  };
  const Patience patience{ports_.clock, stop, config_.backoff_first, config_.backoff_max, repetitions_};
  if (!patience.repeat(attempt, is_final, tell)) return;
  for (const auto& order : orders) order->finish(since);
  if (!orders.empty()) tell_filled(orders, began);
}

base::Result<base::Timestamp> IdScan::scan(const Orders& orders, const std::stop_token& stop) {
  const std::uint32_t partitions = ports_.producer.partitions(log::Stream::kEvents);
  store::IdRange range{{}, partitions, base::Timestamp::max(), budget_.ids_in_half()};
  for (const auto& order : orders) {
    order->begin();
    range.partitions.push_back(order->partition_);
    range.since = std::min(range.since, order->since_);
  }
  std::ranges::sort(range.partitions);
  range.partitions.erase(std::ranges::unique(range.partitions).begin(), range.partitions.end());

  ByPartition sorted(partitions);
  return ports_.store.scan_ids(range, [&](std::span<const store::ScannedId> ids) -> base::Status {
    if (stop.stop_requested()) return stopped();
    sorted.sort(ids);
    bool wanted = false;
    for (const auto& order : orders) {
      if (order->withdrawn()) continue;
      order->add(sorted.of(order->partition_));
      wanted = true;
    }
    return wanted ? base::Status{} : base::Status{stopped()};
  });
}

void IdScan::tell_filled(const Orders& orders, base::SteadyTime began) {
  const std::chrono::duration<double> took = ports_.clock.steady() - began;
  base::log_line(base::Level::kInfo, "id filters filled",
                 {{"partitions", orders.size()}, {"seconds", took.count()}});
}

}  // namespace fanfinity::pipeline
