#include "pipeline/batch_decision.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <unordered_map>

namespace fanfinity::pipeline {
namespace {

/// When each id was received last, as far as it has a row. A hash table with open addressing: a batch asks
/// it once for every event, and almost every id is new.
class NewestRows {
 public:
  explicit NewestRows(std::size_t ids)
      : slots_(std::bit_ceil(2 * ids + 1)), shift_(std::countl_zero(slots_.size() - 1)) {
    rows_.reserve(ids);
  }

  /// The moment of this id, which becomes the earliest possible one when the id is new.
  base::Timestamp& of(const base::Uuid& id) {
    const std::uint64_t hash = id.hash();
    // The upper bits: ids of one partition share the remainder, and with it lower ones.
    std::size_t at = shift_ < 64 ? hash >> shift_ : 0;
    for (; slots_[at].row != 0; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag != static_cast<std::uint32_t>(hash)) continue;
      Row& row = rows_[slots_[at].row - 1];
      if (row.id == id) return row.received_at;
    }
    rows_.push_back({id, base::Timestamp::min()});
    slots_[at] = {static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(rows_.size())};
    return rows_.back().received_at;
  }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t row = 0;  ///< From 1; 0: free.
  };
  struct Row {
    base::Uuid id;
    base::Timestamp received_at;
  };
  std::vector<Slot> slots_;
  int shift_;
  std::vector<Row> rows_;
};

/// Whether an earlier try of this range stored the row.
bool is_own(const store::StoredId& row, std::span<const Candidate> range, log::PartitionId partition) {
  if (row.partition != partition) return false;
  const auto at = std::ranges::lower_bound(range, row.offset, {}, &Candidate::offset);
  return at != range.end() && at->offset == row.offset && at->id == row.id;
}

}  // namespace

std::vector<std::size_t> decide(std::span<const Candidate> candidates,
                                std::span<const store::StoredId> stored, log::PartitionId partition,
                                std::chrono::milliseconds window) {
  // Of several rows of an id the newest one decides: it is the first to lie within the window.
  NewestRows newest(candidates.size() + stored.size());
  for (const store::StoredId& row : stored) {
    if (is_own(row, candidates, partition)) continue;
    base::Timestamp& received_at = newest.of(row.id);
    received_at = std::max(received_at, row.received_at);
  }

  std::vector<std::size_t> kept;
  kept.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    base::Timestamp& received_at = newest.of(candidate.id);
    if (received_at >= known_since(candidate, window)) continue;
    kept.push_back(i);
    received_at = std::max(received_at, candidate.received_at);
  }
  return kept;
}

std::size_t count_conflicts(const store::EventRows& rows, std::span<const std::size_t> kept) {
  const auto keys = rows.keys();
  std::vector<bool> is_dropped(keys.size(), true);
  for (const std::size_t index : kept) is_dropped[index] = false;
  std::unordered_map<base::Uuid, std::size_t> first_of;  // Of each id that was dropped; at first the end.
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (is_dropped[i]) first_of.try_emplace(keys[i].id, keys.size());
  }
  std::size_t conflicts = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = first_of.find(keys[i].id);
    if (found == first_of.end()) continue;
    found->second = std::min(found->second, i);
    if (is_dropped[i] && !rows.same_event(found->second, i)) ++conflicts;
  }
  return conflicts;
}

}  // namespace fanfinity::pipeline
