#include "log/kafka_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "log/kafka_errors.h"
#include "log/kafka_offsets.h"
#include "log/kafka_record.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using base::SteadyTime;
using std::chrono::milliseconds;

/// How long a broker may take to answer, or to hand out records that it said are there.
constexpr milliseconds kPatience{2'000};
constexpr milliseconds kSlice{25};     ///< How soon an interruption is noticed.
constexpr milliseconds kSeekPause{5};  ///< While the assignment takes effect.

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

/// `wait` may be as long as "forever".
SteadyTime after(milliseconds wait) {
  return now() + std::min<milliseconds>(wait, std::chrono::hours(24 * 365));
}

}  // namespace

KafkaCursor::KafkaCursor(rd_kafka_t* handle, std::string topic, PartitionId partition)
    : handle_(handle),
      topic_(std::move(topic)),
      partition_(partition),
      queue_(rd_kafka_queue_get_partition(handle, topic_.c_str(),
                                          static_cast<std::int32_t>(number(partition)))) {
  rd_kafka_queue_forward(queue_.get(), nullptr);
}

Result<Fetched> KafkaCursor::fetch(Offset from, const FetchLimits& limits, const Interrupted& interrupted) {
  auto fetched = try_fetch(from, limits, interrupted);
  if (fetched || fetched.error().code != Errc::kNotFound) return fetched;
  // librdkafka says so as well when it could not look an offset up while a partition changed its leader. Only
  // the brokers' own word counts: a partition stops by it.
  if (auto checked = check(from); !checked) return checked.error();
  position_.reset();
  return Error{Errc::kUnavailable,
               fmt::format("Partition {} of topic {} could not be read from {}; it is there.",
                           number(partition_), topic_, number(from))};
}

Result<Fetched> KafkaCursor::try_fetch(Offset from, const FetchLimits& limits,
                                       const Interrupted& interrupted) {
  if (const auto reason = interrupted()) return *reason;
  if (position_ != from) {
    if (auto sought = seek(from, interrupted); !sought) return sought.error();
  }
  const auto until = after(limits.max_wait);
  Fetched fetched;
  if (auto taken = take_ready(limits.max_records); !taken) return taken.error();
  hand_out(limits, fetched);
  if (*position_ >= known_end_) {
    if (auto asked = ask_end(); !asked) return asked.error();
  }
  if (fetched.records.empty() && limits.max_records > 0) {
    // Records that are there are worth waiting for even if there is no time to wait for new ones.
    const bool there = *position_ < known_end_;
    const auto waited = wait_for_more(there ? std::max(until, after(kPatience)) : until, interrupted);
    if (!waited) return waited.error();
    if (auto taken = take_ready(limits.max_records); !taken) return taken.error();
    hand_out(limits, fetched);
    if (there && fetched.records.empty() && *position_ == from) {
      return Error{Errc::kUnavailable,
                   fmt::format("Kafka holds records of partition {} of topic {} from {} on "
                               "but did not hand them out in time.",
                               number(partition_), topic_, number(from))};
    }
    if (*position_ != from && *position_ >= known_end_) {
      if (auto asked = ask_end(); !asked) return asked.error();
    }
  }
  fetched.next = *position_;
  fetched.end = std::max(known_end_, *position_);
  return fetched;
}

Status KafkaCursor::check(Offset offset) {
  const auto begin = ask_edge(handle_, topic_, partition_, KafkaEdge::kBegin, kPatience);
  if (!begin) return begin.error();
  if (auto asked = ask_end(); !asked) return asked;
  if (*begin <= offset && offset <= known_end_) return {};
  return Error{Errc::kNotFound,
               fmt::format("Partition {} of topic {} holds the offsets {} to {}, not {}.", number(partition_),
                           topic_, number(*begin), number(known_end_), number(offset))};
}

void KafkaCursor::begin_at(Offset offset) {
  ahead_.clear();
  position_ = offset;
  taken_ = offset;
}

Status KafkaCursor::seek(Offset to, const Interrupted& interrupted) {
  position_.reset();
  if (auto checked = check(to); !checked) return checked;
  const auto until = after(kPatience);
  for (;;) {
    const KafkaPartitionList list(rd_kafka_topic_partition_list_new(1));
    auto* one = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(),
                                                  static_cast<std::int32_t>(number(partition_)));
    one->offset = number(to);
    const KafkaErrorObject failed(
        rd_kafka_seek_partitions(handle_, list.get(), static_cast<int>(kPatience.count())));
    const auto code = failed ? rd_kafka_error_code(failed.get()) : one->err;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    // The assignment takes effect on another thread, soon.
    const bool soon = code == RD_KAFKA_RESP_ERR__STATE || code == RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS ||
                      code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    if (!soon) return read_error(code);
    // librdkafka gave the partition up while it looked for its beginning: only a new assignment wakes it.
    if (now() >= until) return Error{Errc::kFenced, "The assignment of the partition never took effect."};
    if (const auto reason = interrupted()) return *reason;
    std::this_thread::sleep_for(kSeekPause);
  }
  begin_at(to);
  return {};
}

Status KafkaCursor::ask_end() {
  const auto end = ask_edge(handle_, topic_, partition_, KafkaEdge::kEnd, kPatience);
  if (!end) return end.error();
  known_end_ = *end;
  return {};
}

Status KafkaCursor::take_ready(std::size_t wanted) {
  struct Taking {
    KafkaCursor& cursor;
    const std::size_t wanted;
    Status status;
  } taking{*this, wanted, {}};
  // Not rd_kafka_consume_batch_queue: of the end of a partition it remembers (librdkafka 2.8) that its offset
  // was read, and skips the record that comes there when it begins to fetch anew, as in a rebalance.
  const auto take_one = [](rd_kafka_message_t* message, void* opaque) {
    auto& self = *static_cast<Taking*>(opaque);
    if (auto taken = self.cursor.take(*message); !taken && self.status) self.status = taken;
    if (self.cursor.ahead_.size() >= self.wanted) rd_kafka_yield(self.cursor.handle_);
  };
  while (taking.status && ahead_.size() < wanted) {
    if (rd_kafka_consume_callback_queue(queue_.get(), 0, take_one, &taking) <= 0) break;
  }
  return taking.status;
}

Status KafkaCursor::take(const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      // What the queue held before a seek.
      if (Offset{message.offset} < taken_) return {};
      if (auto whole = check_gap(Offset{message.offset}); !whole) return whole;
      ahead_.push_back({Offset{message.offset}, record_of(message)});
      taken_ = Offset{message.offset + 1};
      return {};
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (auto whole = check_gap(Offset{message.offset}); !whole) return whole;
      taken_ = std::max(taken_, Offset{message.offset});
      return {};
    default: {
      auto error = read_error(message.err, rd_kafka_message_errstr(&message));
      // librdkafka stops fetching the partition until it is told where to go on.
      if (error.code == Errc::kNotFound) position_.reset();
      return error;
    }
  }
}

Status KafkaCursor::check_gap(Offset next) {
  if (!distrusts_gaps_ || next <= taken_ || gap_at_ == taken_) return {};
  gap_at_ = taken_;
  position_.reset();
  return Error{Errc::kUnavailable,
               fmt::format("Partition {} of topic {} went from {} to {}; it is read again.",
                           number(partition_), topic_, number(taken_), number(next))};
}

Status KafkaCursor::wait_for_more(SteadyTime until, const Interrupted& interrupted) {
  while (ahead_.empty() && taken_ == *position_) {
    if (const auto reason = interrupted()) return *reason;
    const auto left = std::chrono::ceil<milliseconds>(until - now());
    if (left <= milliseconds::zero()) return {};
    const KafkaMessage message(
        rd_kafka_consume_queue(queue_.get(), static_cast<int>(std::min(left, kSlice).count())));
    if (!message) continue;
    if (auto taken = take(*message); !taken) return taken;
  }
  return {};
}

void KafkaCursor::hand_out(const FetchLimits& limits, Fetched& fetched) {
  std::size_t bytes = 0;
  while (!ahead_.empty() && fetched.records.size() < limits.max_records) {
    bytes += ahead_.front().record.value.size();
    if (bytes > limits.max_bytes && !fetched.records.empty()) break;
    position_ = ahead_.front().offset + 1;
    fetched.records.push_back(std::move(ahead_.front()));
    ahead_.pop_front();
  }
  // Offsets at the end may hold nothing for us.
  if (ahead_.empty()) position_ = std::max(*position_, taken_);
}

}  // namespace fanfinity::log
