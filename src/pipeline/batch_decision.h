#pragma once
// Which events of a range are stored: a pure function of the range and of the rows that exist, so that a
// replay decides as the first try did (EXACTLY-ONCE 4).

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "log/log.h"
#include "store/event_rows.h"
#include "store/store.h"

namespace fanfinity::pipeline {

using Candidate = store::EventKey;

/// The indices of the candidates to store, ascending. `candidates` are in offset order; `stored` holds
/// every row of their ids that may lie within the window, in any order.
///
/// A candidate is dropped when its id has a row at another source position, stored or kept earlier in
/// this walk, which was received at most `window` before it (or after it: a copy out of `retry` is older
/// than the resend that overtook it). One that is stored at its very own position is a replay: kept.
[[nodiscard]] std::vector<std::size_t> decide(std::span<const Candidate> candidates,
                                              std::span<const store::StoredId> stored,
                                              log::PartitionId partition, std::chrono::milliseconds window);

/// How many rows beside those `kept` say something else than the first row of their id among `rows`. What an
/// earlier batch stored is not compared.
[[nodiscard]] std::size_t count_conflicts(const store::EventRows& rows, std::span<const std::size_t> kept);

}  // namespace fanfinity::pipeline
