#include "log/kafka_topics.h"

#include <gtest/gtest.h>

#include <string>

#include "log/kafka_config.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Status;

constexpr KafkaTopicLayout kAlone{.partitions = 3, .replicas = 1};
constexpr KafkaTopicLayout kReplicated{.partitions = 3, .replicas = 3};

KafkaTopicSettings settings(const std::string& name, const std::string& value) {
  KafkaTopicSettings all{{"cleanup.policy", "delete"},
                         {"max.message.bytes", "1048588"},
                         {"min.insync.replicas", "2"},
                         {"unclean.leader.election.enable", "false"}};
  all[name] = value;
  return all;
}

Status check(const KafkaTopicLayout& layout, const std::string& name, const std::string& value) {
  return check_topic_settings("events", layout, settings(name, value));
}

/// Refused with a sentence that names the topic and the setting.
bool is_refused(const KafkaTopicLayout& layout, const std::string& name, const std::string& value) {
  const auto status = check(layout, name, value);
  return !status && status.error().code == Errc::kInvalid &&
         status.error().detail.find("events") != std::string::npos &&
         (status.error().detail.find(name) != std::string::npos);
}

TEST(TopicLayout, MustHaveTheAgreedPartitions) {
  EXPECT_TRUE(check_topic_layout("events", 3, kAlone));
  for (const std::uint32_t wanted : {1U, 2U, 4U}) {
    const auto status = check_topic_layout("events", wanted, kAlone);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errc::kInvalid);
  }
}

TEST(TopicLayout, IsRefusedWithTheGrowthThatMendsIt) {
  EXPECT_NE(check_topic_layout("events", 2, kAlone).error().detail.find("--grow-partitions 3"),
            std::string::npos);
  EXPECT_NE(check_topic_layout("events", 6, kAlone).error().detail.find("--grow-partitions 6"),
            std::string::npos);
}

TEST(TopicSettings, ThatRemoveRecordsAreRefused) {
  EXPECT_TRUE(check(kAlone, "cleanup.policy", "delete"));
  EXPECT_TRUE(is_refused(kAlone, "cleanup.policy", "compact"));
  EXPECT_TRUE(is_refused(kAlone, "cleanup.policy", "compact,delete"));
}

TEST(TopicSettings, ThatTakeSmallBatchesOnlyAreRefused) {
  EXPECT_TRUE(check(kAlone, "max.message.bytes", "1048588"));
  EXPECT_TRUE(check(kAlone, "max.message.bytes", "104857600"));
  EXPECT_TRUE(is_refused(kAlone, "max.message.bytes", "1048587"));
}

TEST(TopicSettings, ThatLetOneBrokerAcknowledgeAreRefusedWhereThereAreMore) {
  EXPECT_TRUE(is_refused(kReplicated, "min.insync.replicas", "1"));
  EXPECT_TRUE(check(kReplicated, "min.insync.replicas", "2"));
  EXPECT_TRUE(check(kAlone, "min.insync.replicas", "1"));
  EXPECT_TRUE(is_refused(kReplicated, "unclean.leader.election.enable", "true"));
  EXPECT_TRUE(check(kAlone, "unclean.leader.election.enable", "true"));
}

TEST(TopicSettings, ThatMayNotBeReadAreNotChecked) {
  EXPECT_TRUE(check_topic_settings("events", kReplicated, {}));
}

TEST(StreamsOfKafka, HaveTheirOwnTopicsGroupsAndPartitions) {
  KafkaLogConfig config;
  config.events_topic = "e";
  config.retry_topic = "r";
  config.dead_topic = "d";
  config.group = "g";
  config.partitions = 7;
  EXPECT_EQ(
      topic_of(config, Stream::kEvents) + topic_of(config, Stream::kRetry) + topic_of(config, Stream::kDead),
      "erd");
  EXPECT_EQ(group_of(config, Stream::kEvents), "g");
  EXPECT_EQ(group_of(config, Stream::kRetry), "g-retry");
  EXPECT_EQ(partitions_of(config, Stream::kEvents), 7U);
  EXPECT_EQ(partitions_of(config, Stream::kRetry), 7U);
  EXPECT_EQ(partitions_of(config, Stream::kDead), 1U);
}

}  // namespace
}  // namespace fanfinity::log
