#pragma once
// Which ids are certainly not stored yet: a chain of Bloom slices of growing size over the ids of one
// partition received within the deduplication window. Never wrong about "new"; "maybe" must be looked up.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/memory.h"
#include "base/uuid.h"
#include "pipeline/batch_decision.h"
#include "store/event_rows.h"

namespace fanfinity::pipeline {

/// The memory of all filters of a consumer, shared equally by those that exist. Thread-safe.
class FilterBudget {
 public:
  explicit FilterBudget(std::size_t bytes) : total_(bytes) {}
  void join();
  void leave(std::size_t held);
  /// What one filter may hold in all.
  [[nodiscard]] std::size_t share() const;
  /// So many ids take half of the memory, whichever filters hold them.
  [[nodiscard]] std::uint64_t ids_in_half() const;
  /// Whether a filter that holds `held` may hold `more`; then they are taken.
  [[nodiscard]] bool take(std::size_t held, std::size_t more);
  void give_back(std::size_t bytes);

 private:
  mutable std::mutex mutex_;
  std::size_t total_;
  std::size_t taken_ = 0;
  std::size_t filters_ = 0;
};

/// A split block Bloom filter: one bit in each of the eight words of one 64-byte block, so that a
/// question touches one cache line.
class BloomSlice {
 public:
  static constexpr std::size_t kBlockBytes = 64;

  BloomSlice(std::size_t bytes, std::size_t bits_per_id);
  void add(std::uint64_t hash, base::Timestamp received_at);
  [[nodiscard]] bool may_hold(std::uint64_t hash) const;
  /// What either of them needs is fetched into the cache meanwhile.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&words_[block_of(hash)]); }
  [[nodiscard]] bool full() const { return ids_ >= capacity_; }
  [[nodiscard]] std::uint64_t ids() const { return ids_; }
  [[nodiscard]] std::size_t bytes() const { return blocks_ * kBlockBytes; }
  [[nodiscard]] base::Timestamp newest() const { return newest_; }

 private:
  [[nodiscard]] std::size_t block_of(std::uint64_t hash) const;

  std::size_t blocks_;
  base::ZeroedWords words_;
  std::uint64_t capacity_;
  std::uint64_t ids_ = 0;
  base::Timestamp newest_ = base::Timestamp::min();
};

/// One thread at a time.
class IdFilter {
 public:
  /// Complete for ids received at or after `since` once all of them were added; the epoch: for all.
  IdFilter(FilterBudget& budget, std::chrono::milliseconds window, base::Timestamp since);
  ~IdFilter();
  IdFilter(const IdFilter&) = delete;
  IdFilter& operator=(const IdFilter&) = delete;

  void add(const base::Uuid& id, base::Timestamp received_at);
  void add(std::span<const store::EventKey> rows);
  /// False: no row of this id was received within the window before `received_at`, or after it.
  [[nodiscard]] bool may_hold(const base::Uuid& id, base::Timestamp received_at) const;
  /// Those with a row that may make them a duplicate (`known_since`).
  [[nodiscard]] std::vector<store::EventKey> maybes(std::span<const store::EventKey> rows) const;
  /// From now on it is complete since this moment.
  void set_since(base::Timestamp since) { since_ = since; }
  /// Whether it holds more ids than its share of the memory is meant for.
  [[nodiscard]] bool overfull() const { return incomplete_ || overfull_adds_ > 0; }
  /// Drops the slices in which every id was received before `horizon`.
  void forget_before(base::Timestamp horizon);

  [[nodiscard]] std::uint64_t ids() const;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] base::Timestamp since() const { return since_; }

 private:
  void add(std::uint64_t hash, base::Timestamp received_at);
  [[nodiscard]] bool may_hold(std::uint64_t hash, base::Timestamp known_since) const;
  [[nodiscard]] BloomSlice* open_slice();
  [[nodiscard]] std::size_t next_slice_bytes() const;

  FilterBudget& budget_;
  std::chrono::milliseconds window_;
  base::Timestamp since_;
  std::vector<BloomSlice> slices_;
  std::size_t bytes_ = 0;
  std::uint64_t overfull_adds_ = 0;
  bool incomplete_ = false;  ///< An id came and there was no memory for a single slice.
};

}  // namespace fanfinity::pipeline
