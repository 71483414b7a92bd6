#pragma once
// Administrative requests to the brokers, one at a time, waited for. None that goes to a group's coordinator:
// librdkafka 2.8 aborts the process when a connection is lost while such a one is under way.

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/log.h"

namespace fanfinity::log {

struct NewKafkaTopic {
  std::string name;
  std::uint32_t partitions = 1;
  int replicas = -1;  ///< -1: the broker's default.
  std::map<std::string, std::string> settings;
};

/// Success too when somebody else has created them meanwhile. kInvalid: not allowed, or impossible.
[[nodiscard]] base::Status create_kafka_topics(rd_kafka_t* handle, const std::vector<NewKafkaTopic>& topics);

/// Adds partitions until there are `partitions` of them. kInvalid: not allowed, or impossible.
[[nodiscard]] base::Status add_kafka_partitions(rd_kafka_t* handle, const std::string& topic,
                                                std::uint32_t partitions);

/// A setting of the brokers, as one of them tells it; empty when this user may not read it.
[[nodiscard]] base::Result<std::string> ask_kafka_broker_setting(rd_kafka_t* handle, std::int32_t broker,
                                                                 const std::string& name);

/// How many members a group has now.
[[nodiscard]] base::Result<int> ask_members_of_group(rd_kafka_t* handle, const std::string& group);

/// The settings in force of each topic. A topic whose settings this user may not read has none.
[[nodiscard]] base::Result<std::map<std::string, std::map<std::string, std::string>>>
ask_kafka_topic_settings(rd_kafka_t* handle, const std::vector<std::string>& topics);

}  // namespace fanfinity::log
