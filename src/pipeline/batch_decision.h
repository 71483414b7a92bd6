#pragma once
// Which events of a range are stored: a pure function of the range and of the rows that exist, so that a
// replay decides as the first try did (EXACTLY-ONCE 4).

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "log/log.h"
#include "store/event_rows.h"
#include "store/store.h"

namespace fanfinity::pipeline {

using Candidate = store::EventKey;

/// A row of the candidate's id makes it a duplicate when it was received at this moment or later. That is
/// `window` before the candidate was received. An event whose own time is more than half a window away from
/// its arrival may have been sent any time before, so its id is known for as long as a row of it is kept:
/// for it this is the epoch.
[[nodiscard]] inline base::Timestamp known_since(const Candidate& candidate,
                                                 std::chrono::milliseconds window) {
  const auto age = candidate.received_at - candidate.at;
  if (age > window / 2 || age < -window / 2) return {};
  return std::max(candidate.received_at - window, base::Timestamp{});
}

/// The indices of the candidates to store, ascending. `candidates` are in offset order; `stored` holds
/// every row of their ids received since they are known (`known_since`), in any order.
///
/// A candidate is dropped when its id has a row at another source position, stored or kept earlier in
/// this walk, which was received since then (also after the candidate: a copy out of `retry` is older than
/// the resend that overtook it). Rows stored at the position of a candidate are left by an earlier try of
/// this range and decide nothing, so that a replay decides as the first try did.
[[nodiscard]] std::vector<std::size_t> decide(std::span<const Candidate> candidates,
                                              std::span<const store::StoredId> stored,
                                              log::PartitionId partition, std::chrono::milliseconds window);

/// How many rows beside those `kept` say something else than the first row of their id among `rows`. What an
/// earlier batch stored is not compared.
[[nodiscard]] std::size_t count_conflicts(const store::EventRows& rows, std::span<const std::size_t> kept);

}  // namespace fanfinity::pipeline
