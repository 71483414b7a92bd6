#pragma once
// librdkafka's objects (https://github.com/confluentinc/librdkafka, v2.0) as owners, and what a handle
// calls back.

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>

namespace fanfinity::log {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using KafkaConf = std::unique_ptr<rd_kafka_conf_t, FreeWith<rd_kafka_conf_destroy>>;
using KafkaErrorObject = std::unique_ptr<rd_kafka_error_t, FreeWith<rd_kafka_error_destroy>>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, FreeWith<rd_kafka_event_destroy>>;
using KafkaHandle = std::unique_ptr<rd_kafka_t, FreeWith<rd_kafka_destroy>>;
using KafkaHeaders = std::unique_ptr<rd_kafka_headers_t, FreeWith<rd_kafka_headers_destroy>>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, FreeWith<rd_kafka_message_destroy>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, FreeWith<rd_kafka_queue_destroy>>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, FreeWith<rd_kafka_topic_destroy>>;
using KafkaPartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, FreeWith<rd_kafka_topic_partition_list_destroy>>;

/// What a handle tells. Called on the thread that polls the handle, except where noted. Outlives it.
class KafkaEvents {
 public:
  virtual ~KafkaEvents() = default;
  /// `text` is librdkafka's, naming broker and reason.
  virtual void on_error(rd_kafka_resp_err_t code, std::string_view text) = 0;
  virtual void on_delivery(const rd_kafka_message_t& /*message*/) {}
  virtual void on_rebalance(rd_kafka_resp_err_t /*code*/, rd_kafka_topic_partition_list_t& /*partitions*/) {}
  /// On a thread of librdkafka's: a connection was closed, whoever closed it.
  virtual void on_disconnect() {}
};

}  // namespace fanfinity::log
