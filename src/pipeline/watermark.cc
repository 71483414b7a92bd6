// How far the counted state reaches, read from the log alone (docs/GUARANTEES.md, "As of").

#include <algorithm>

#include "pipeline/consumer.h"

namespace fanfinity::pipeline {
namespace {

using base::Timestamp;

// What is read of `retry` for one answer; with more waiting nothing can be claimed.
constexpr std::size_t kMaxScanned = 10'000;
constexpr int kTriesWhileMoving = 5;

/// No bound: nothing was ever written to this partition.
using Bound = std::optional<Timestamp>;

void lower(Bound& bound, Timestamp candidate) {
  bound = bound ? std::min(*bound, candidate) : candidate;
}

log::FetchLimits at_most(std::size_t records) {
  log::FetchLimits limits;
  limits.max_records = records;
  limits.max_wait = std::chrono::milliseconds::zero();
  return limits;
}

/// What a partition of `events` that was never committed bounds: everything in it is waiting, and what
/// stands in it was acknowledged after its first record was received.
base::Result<Bound> bound_of_uncommitted(log::Reader& reader, const log::PartitionState& state) {
  if (state.begin > log::Offset{0}) return Bound{Timestamp{}};
  if (state.end == state.begin) return Bound{};
  const auto first = reader.read({log::Stream::kEvents, state.partition, state.begin}, at_most(1), {});
  if (!first) return first.error();
  return Bound{first->records.empty() ? Timestamp{} : first->records.front().record.received_at};
}

base::Result<Bound> bound_of_events(log::Reader& reader) {
  const auto states = reader.state(log::Stream::kEvents);
  if (!states) return states.error();
  Bound lowest;
  for (const log::PartitionState& state : *states) {
    if (!state.committed.offset) {
      const auto bound = bound_of_uncommitted(reader, state);
      if (!bound) return bound.error();
      if (*bound) lower(lowest, **bound);
      continue;
    }
    const auto metadata = CommitMetadata::decode(state.committed.metadata);
    if (!metadata) return metadata.error();
    lower(lowest, *metadata ? (**metadata).as_of : Timestamp{});
  }
  return lowest;
}

/// The oldest received-at in [committed, end) of a partition of `retry`. `budget`: records to read.
base::Result<Bound> oldest_waiting(log::Reader& reader, const log::PartitionState& state,
                                   std::size_t& budget) {
  Bound oldest;
  log::Offset at = state.committed.offset.value_or(state.begin);
  while (at < state.end) {
    if (budget == 0) return Bound{Timestamp{}};
    const auto fetched = reader.read({log::Stream::kRetry, state.partition, at}, at_most(budget), {});
    if (!fetched) return fetched.error();
    if (fetched->next <= at) break;  // Nothing more is readable.
    for (const log::FetchedRecord& record : fetched->records) {
      if (record.offset < state.end) lower(oldest, record.record.received_at);
    }
    budget -= std::min(budget, std::max<std::size_t>(fetched->records.size(), 1));
    at = fetched->next;
  }
  return oldest;
}

base::Result<Bound> bound_of_retry_once(log::Reader& reader) {
  const auto states = reader.state(log::Stream::kRetry);
  if (!states) return states.error();
  Bound lowest;
  std::size_t budget = kMaxScanned;
  for (const log::PartitionState& state : *states) {
    const auto bound = oldest_waiting(reader, state, budget);
    if (!bound) return bound.error();
    if (*bound) lower(lowest, **bound);
  }
  return lowest;
}

base::Result<Bound> bound_of_retry(log::Reader& reader) {
  for (int i = 0; i < kTriesWhileMoving; ++i) {
    auto bound = bound_of_retry_once(reader);
    // Settled and removed between the look at the state and the read: look again.
    if (!bound && bound.error().code == base::Errc::kNotFound) continue;
    return bound;
  }
  return Bound{Timestamp{}};
}

std::uint64_t distance(log::Offset from, log::Offset to) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(to - from, 0));
}

}  // namespace

base::Result<base::Timestamp> as_of(log::Reader& reader) {
  // This order, or an event could slip from `events` into `retry` between the looks.
  const auto events = bound_of_events(reader);
  if (!events) return events.error();
  const auto retry = bound_of_retry(reader);
  if (!retry) return retry.error();
  if (!*events) return Timestamp{};
  return *retry ? std::min(**events, **retry) : **events;
}

base::Result<Backlog> backlog(log::Reader& reader) {
  Backlog sum;
  const auto events = reader.state(log::Stream::kEvents);
  if (!events) return events.error();
  for (const auto& state : *events) {
    sum.lags.push_back(distance(state.committed.offset.value_or(state.begin), state.end));
    sum.lag += sum.lags.back();
  }
  const auto retry = reader.state(log::Stream::kRetry);
  if (!retry) return retry.error();
  for (const auto& state : *retry)
    sum.retry += distance(state.committed.offset.value_or(state.begin), state.end);
  const auto dead = reader.state(log::Stream::kDead);
  if (!dead) return dead.error();
  for (const auto& state : *dead) sum.dead += distance(state.begin, state.end);
  return sum;
}

base::Status no_intent_pending(log::Reader& reader) {
  const auto events = reader.state(log::Stream::kEvents);
  if (!events) return events.error();
  for (const log::PartitionState& state : *events) {
    const auto metadata = CommitMetadata::decode(state.committed.metadata);
    if (!metadata) return metadata.error();
    if (!*metadata || !(**metadata).intent_end) continue;
    return base::Error{base::Errc::kInvalid,
                       "An insert into partition " + std::to_string(log::number(state.partition)) +
                           " is announced and not finished: run the version before this one until the lag is "
                           "zero, stop it with SIGTERM, then upgrade."};
  }
  return {};
}

}  // namespace fanfinity::pipeline
