#pragma once
// A record as a Kafka message. Key: the event's id as text. Value: Record.value. Headers, for people too:
// kind, received-at, traceparent; of a record that was refused: attempts (JSON), attempt, first-failure-at,
// due-at, origin (stream/partition/offset).

#include <cstddef>

#include "log/kafka_handle.h"
#include "log/log.h"

namespace fanfinity::log {

inline constexpr std::size_t kKafkaKeyBytes = 36;

[[nodiscard]] KafkaHeaders headers_of(const Record& record);
/// About what the message takes on the wire and in the queue.
[[nodiscard]] std::size_t size_of(const Record& record);

/// Anything that stands on a topic becomes a record, the same one every time it is read. Where a key is no
/// id, it is the nil UUID; where received-at is missing, it is the message's own time. The pipeline buries
/// what does not fit together.
[[nodiscard]] Record record_of(const rd_kafka_message_t& message);

}  // namespace fanfinity::log
