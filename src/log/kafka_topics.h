#pragma once
// The three topics: created when missing, refused when their settings would break a promise.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/kafka_handle.h"
#include "log/kafka_log.h"

namespace fanfinity::log {

struct KafkaTopicLayout {
  std::uint32_t partitions = 0;
  std::uint32_t replicas = 0;  ///< Of the partition that has fewest.
};
using KafkaTopicLayouts = std::map<std::string, KafkaTopicLayout>;
using KafkaTopicSettings = std::map<std::string, std::string>;

/// kInvalid, with advice, when the topic does not keep what we promise.
[[nodiscard]] base::Status check_topic_layout(const std::string& topic, std::uint32_t wanted_partitions,
                                              const KafkaTopicLayout& layout);
[[nodiscard]] base::Status check_topic_settings(const std::string& topic, const KafkaTopicLayout& layout,
                                                const KafkaTopicSettings& settings);

/// One thread at a time.
class KafkaTopics {
 public:
  /// `handle` is a kReader.
  KafkaTopics(const KafkaLogConfig& config, rd_kafka_t* handle);

  /// Creates what is missing, checks everything. kUnavailable: the brokers did not answer.
  [[nodiscard]] base::Status ensure();
  /// Whether they still have the partitions that were agreed on: one request.
  [[nodiscard]] base::Status check_layout();
  /// Of those of the three that are there.
  [[nodiscard]] base::Result<KafkaTopicLayouts> ask_layouts();

 private:
  [[nodiscard]] int replicas_of_new_topics();
  [[nodiscard]] base::Status check(const KafkaTopicLayouts& layouts) const;
  [[nodiscard]] base::Status create(const std::vector<Stream>& missing);
  [[nodiscard]] base::Result<std::map<std::string, KafkaTopicSettings>> ask_settings();
  void warn_once(const std::string& topic, const KafkaTopicLayout& layout);

  const KafkaLogConfig& config_;
  rd_kafka_t* handle_;
  std::int32_t a_broker_ = 0;       ///< One that answered.
  std::vector<KafkaTopic> topics_;  ///< So that the handle asks for them.
  bool warned_ = false;
};

}  // namespace fanfinity::log
