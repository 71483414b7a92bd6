#pragma once
// Fills the filters of stored ids: one look at the store for all partitions of a consumer that ask at
// about the same time, on a thread of its own, because it takes seconds when a hundred million are stored.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "log/log.h"
#include "pipeline/consumer.h"
#include "pipeline/id_filter.h"
#include "pipeline/repetitions.h"
#include "store/store.h"

namespace fanfinity::pipeline {

/// The filter of one partition, from its order until it is taken. Giving the order up withdraws it.
class FilterOrder {
 public:
  FilterOrder(FilterBudget& budget, std::chrono::milliseconds window, log::PartitionId partition,
              base::Timestamp since);

  /// Whether the filter is filled, after at most `patience`. kStopped when `stop` comes first.
  [[nodiscard]] base::Result<bool> wait(const std::stop_token& stop, std::chrono::milliseconds patience);
  /// The filled filter; null before that.
  [[nodiscard]] std::unique_ptr<IdFilter> take();
  void withdraw();

 private:
  friend class IdScan;
  [[nodiscard]] bool withdrawn() const;
  void begin();
  void add(std::span<const store::EventKey> ids);
  void finish(base::Timestamp since);

  FilterBudget& budget_;
  const std::chrono::milliseconds window_;
  const log::PartitionId partition_;
  const base::Timestamp since_;
  mutable std::mutex mutex_;
  std::condition_variable_any filled_;
  std::unique_ptr<IdFilter> filter_;
  bool done_ = false;
  bool withdrawn_ = false;
};

/// Thread-safe.
class IdScan {
 public:
  /// Everything given outlives it.
  IdScan(const ConsumerConfig& config, const ConsumerPorts& ports, FilterBudget& budget,
         Repetitions& repetitions);
  ~IdScan();  ///< Ends the look under way.
  IdScan(const IdScan&) = delete;
  IdScan& operator=(const IdScan&) = delete;

  /// Orders the filter of what is stored now. Only when the partition is owned and its committed state was
  /// read: whatever the owners before stored is then seen (EXACTLY-ONCE 2).
  [[nodiscard]] std::shared_ptr<FilterOrder> order(log::PartitionId partition, base::Timestamp since);

 private:
  using Orders = std::vector<std::shared_ptr<FilterOrder>>;
  void run(const std::stop_token& stop);
  [[nodiscard]] Orders next_orders(const std::stop_token& stop);
  void fill(Orders& orders, const std::stop_token& stop);
  [[nodiscard]] base::Result<base::Timestamp> scan(const Orders& orders, const std::stop_token& stop);
  void tell_filled(const Orders& orders, base::SteadyTime began);

  const ConsumerConfig& config_;
  const ConsumerPorts& ports_;
  FilterBudget& budget_;
  Repetitions& repetitions_;
  std::mutex mutex_;
  std::condition_variable_any ordered_;
  Orders waiting_;
  std::jthread thread_;
};

}  // namespace fanfinity::pipeline
