#include "pipeline/batch_decision.h"

#include <algorithm>
#include <unordered_map>

namespace fanfinity::pipeline {
namespace {

using RowsById = std::unordered_map<base::Uuid, std::vector<store::StoredId>>;

bool is_duplicate(const Candidate& candidate, const std::vector<store::StoredId>& rows,
                  log::PartitionId partition, std::chrono::milliseconds window) {
  const auto at_same_position = [&](const store::StoredId& row) {
    return row.partition == partition && row.offset == candidate.offset;
  };
  if (std::any_of(rows.begin(), rows.end(), at_same_position)) return false;
  return std::any_of(rows.begin(), rows.end(), [&](const store::StoredId& row) {
    return candidate.received_at - row.received_at <= window;
  });
}

}  // namespace

std::vector<std::size_t> decide(std::span<const Candidate> candidates,
                                std::span<const store::StoredId> stored, log::PartitionId partition,
                                std::chrono::milliseconds window) {
  RowsById rows;
  rows.reserve(candidates.size());
  for (const store::StoredId& row : stored) rows[row.id].push_back(row);

  std::vector<std::size_t> kept;
  kept.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    std::vector<store::StoredId>& known = rows[candidate.id];
    if (is_duplicate(candidate, known, partition, window)) continue;
    kept.push_back(i);
    known.push_back({candidate.id, partition, candidate.offset, candidate.received_at});
  }
  return kept;
}

}  // namespace fanfinity::pipeline
