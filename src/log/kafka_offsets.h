#pragma once
// Where partitions begin and end, asked of the brokers now. Never the client's memory of it: `asOf` is
// computed from "nothing more was there at a moment after the question".

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/kafka_handle.h"
#include "log/log.h"

namespace fanfinity::log {

[[nodiscard]] KafkaPartitionList kafka_partitions(const std::string& topic,
                                                  const std::vector<PartitionId>& partitions,
                                                  std::int64_t offset);

enum class KafkaEdge { kBegin, kEnd };

/// The edge of each partition, in their order: one request to each broker that leads some of them.
/// kUnavailable after `wait`.
[[nodiscard]] base::Result<std::vector<Offset>> ask_edges(rd_kafka_t* handle, const std::string& topic,
                                                          const std::vector<PartitionId>& partitions,
                                                          KafkaEdge edge, std::chrono::milliseconds wait);
[[nodiscard]] base::Result<Offset> ask_edge(rd_kafka_t* handle, const std::string& topic,
                                            PartitionId partition, KafkaEdge edge,
                                            std::chrono::milliseconds wait);

/// What the handle's own group committed for each partition, in their order.
[[nodiscard]] base::Result<std::vector<Committed>> ask_committed(rd_kafka_t* handle, const std::string& topic,
                                                                 const std::vector<PartitionId>& partitions,
                                                                 std::chrono::milliseconds wait);

}  // namespace fanfinity::log
