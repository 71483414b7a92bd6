#pragma once
// More partitions for `events` and `retry` (EXACTLY-ONCE C3).

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "log/kafka_log.h"

namespace fanfinity::log {

/// Stores what waits in the partitions agreed on so far, by their old number, and has left the group when it
/// returns.
using DrainKafka = std::function<base::Status()>;

/// Brings `events` and `retry` from config.partitions, the number agreed on so far, to `partitions`, for all
/// processes to go on with. Only at rest: kInvalid, with advice, while a consumer is alive or something is
/// not consumed. When a topic has another number already, no consumer runs, so then what waits is drained
/// first. What stands in partitions beyond the old number is left to those who go on with the new one. May be
/// repeated.
[[nodiscard]] base::Status grow_kafka_topics(const KafkaLogConfig& config, std::uint32_t partitions,
                                             const DrainKafka& drain);

}  // namespace fanfinity::log
