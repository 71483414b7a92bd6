#include "log/kafka_offsets.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "log/kafka_errors.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;

/// What went wrong with the request, or with one partition of it.
rd_kafka_resp_err_t first_error(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t& list) {
  for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < list.cnt; ++i) code = list.elems[i].err;
  return code;
}

/// A partition is changing its leader, or has just been created: the next answer may be better.
bool leads_soon(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         code == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE;
}

constexpr std::chrono::milliseconds kLeaderPause{20};

/// The answer of a coordinator for each partition, in their order.
Result<std::vector<Committed>> committed_in(const rd_kafka_topic_partition_list_t& list,
                                            const std::string& topic,
                                            const std::vector<PartitionId>& partitions) {
  std::vector<Committed> all;
  all.reserve(partitions.size());
  for (const auto partition : partitions) {
    const auto* found =
        rd_kafka_topic_partition_list_find(const_cast<rd_kafka_topic_partition_list_t*>(&list),  // NOLINT
                                           topic.c_str(), static_cast<std::int32_t>(number(partition)));
    if (found == nullptr) return Error{Errc::kUnavailable, "Kafka did not tell every committed offset."};
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) return read_error(found->err);
    auto& committed = all.emplace_back();
    if (found->offset < 0) continue;
    committed.offset = Offset{found->offset};
    if (found->metadata != nullptr) {
      committed.metadata.assign(static_cast<const char*>(found->metadata), found->metadata_size);
    }
  }
  return all;
}

}  // namespace

KafkaPartitionList kafka_partitions(const std::string& topic, const std::vector<PartitionId>& partitions,
                                    std::int64_t offset) {
  KafkaPartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), static_cast<std::int32_t>(number(partition)))
        ->offset = offset;
  }
  return list;
}

Result<std::vector<Offset>> ask_edges(rd_kafka_t* handle, const std::string& topic,
                                      const std::vector<PartitionId>& partitions, KafkaEdge edge,
                                      std::chrono::milliseconds wait) {
  // ListOffsets takes the two edges as if they were times.
  const std::int64_t which = edge == KafkaEdge::kBegin ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
  KafkaPartitionList list;
  const auto until = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    list = kafka_partitions(topic, partitions, which);
    const auto code =
        first_error(rd_kafka_offsets_for_times(handle, list.get(),
                                               static_cast<int>(std::max<std::int64_t>(left.count(), 1))),
                    *list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (!leads_soon(code) || left <= kLeaderPause) return read_error(code);
    std::this_thread::sleep_for(kLeaderPause);
  }
  std::vector<Offset> edges;
  edges.reserve(partitions.size());
  for (const auto partition : partitions) {
    const auto* found = rd_kafka_topic_partition_list_find(list.get(), topic.c_str(),
                                                           static_cast<std::int32_t>(number(partition)));
    if (found == nullptr || found->offset < 0) {
      return Error{Errc::kUnavailable, fmt::format("Kafka did not tell where partition {} of topic {} ends.",
                                                   number(partition), topic)};
    }
    edges.push_back(Offset{found->offset});
  }
  return edges;
}

Result<Offset> ask_edge(rd_kafka_t* handle, const std::string& topic, PartitionId partition, KafkaEdge edge,
                        std::chrono::milliseconds wait) {
  const auto edges = ask_edges(handle, topic, {partition}, edge, wait);
  if (!edges) return edges.error();
  return edges->front();
}

Result<std::vector<Committed>> ask_committed(rd_kafka_t* handle, const std::string& topic,
                                             const std::vector<PartitionId>& partitions,
                                             std::chrono::milliseconds wait) {
  const auto list = kafka_partitions(topic, partitions, RD_KAFKA_OFFSET_INVALID);
  const auto code = rd_kafka_committed(handle, list.get(), static_cast<int>(wait.count()));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return read_error(code);
  return committed_in(*list, topic, partitions);
}

}  // namespace fanfinity::log
