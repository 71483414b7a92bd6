#include "log/kafka_topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/log_line.h"
#include "log/kafka_admin.h"
#include "log/kafka_config.h"
#include "log/kafka_errors.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr int kPatienceMilliseconds = 2'000;
constexpr std::uint64_t kMinMessageBytes = 1'048'588;  // Kafka's default; librdkafka's batches stay below it.
constexpr std::array kAllStreams{Stream::kEvents, Stream::kRetry, Stream::kDead};

using Metadata = std::unique_ptr<const rd_kafka_metadata_t, FreeWith<rd_kafka_metadata_destroy>>;

KafkaTopicLayout layout_of(const rd_kafka_metadata_topic_t& topic) {
  KafkaTopicLayout layout{.partitions = static_cast<std::uint32_t>(topic.partition_cnt), .replicas = 0};
  for (int p = 0; p < topic.partition_cnt; ++p) {
    const auto replicas = static_cast<std::uint32_t>(topic.partitions[p].replica_cnt);
    layout.replicas = p == 0 ? replicas : std::min(layout.replicas, replicas);
  }
  return layout;
}

std::string setting(const KafkaTopicSettings& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string() : found->second;
}

}  // namespace

Status check_topic_layout(const std::string& topic, std::uint32_t wanted, const KafkaTopicLayout& layout) {
  if (layout.partitions == wanted) return {};
  return Error{
      Errc::kInvalid,
      fmt::format("Kafka's topic {} has {} partitions, not {}: an event's partition follows from their "
                  "number, so it must be the same everywhere and for good. If {} were agreed on, set "
                  "KAFKA_PARTITIONS to that; if not, stop everything and run `fanfinity migrate "
                  "--grow-partitions {}` (docs/OPERATIONS.md).",
                  topic, layout.partitions, wanted, layout.partitions, std::max(layout.partitions, wanted))};
}

Status check_topic_settings(const std::string& topic, const KafkaTopicLayout& layout,
                            const KafkaTopicSettings& settings) {
  if (setting(settings, "cleanup.policy").find("compact") != std::string::npos) {
    return Error{
        Errc::kInvalid,
        fmt::format("Kafka's topic {} is compacted, which removes records: set its cleanup.policy to "
                    "delete.",
                    topic)};
  }
  const auto largest = setting(settings, "max.message.bytes");
  std::uint64_t bytes = kMinMessageBytes;
  std::from_chars(largest.data(), largest.data() + largest.size(), bytes);
  if (bytes < kMinMessageBytes) {
    return Error{
        Errc::kInvalid,
        fmt::format("Kafka's topic {} takes batches of up to {} bytes only (max.message.bytes): set it to "
                    "at least {}, Kafka's default.",
                    topic, bytes, kMinMessageBytes)};
  }
  if (layout.replicas <= 1) return {};
  const auto in_sync = setting(settings, "min.insync.replicas");
  if (in_sync == "0" || in_sync == "1") {
    return Error{Errc::kInvalid,
                 fmt::format("Kafka's topic {} has {} replicas but min.insync.replicas={}: a record could be "
                             "acknowledged by one broker alone and be lost with it. Set it to 2.",
                             topic, layout.replicas, in_sync)};
  }
  if (setting(settings, "unclean.leader.election.enable") == "true") {
    return Error{
        Errc::kInvalid,
        fmt::format("Kafka's topic {} allows unclean leader elections, which lose acknowledged records: "
                    "set its unclean.leader.election.enable to false.",
                    topic)};
  }
  return {};
}

KafkaTopics::KafkaTopics(const KafkaLogConfig& config, rd_kafka_t* handle)
    : config_(config), handle_(handle) {
  for (const auto stream : kAllStreams) {
    topics_.emplace_back(rd_kafka_topic_new(handle, topic_of(config, stream).c_str(), nullptr));
  }
}

Result<KafkaTopicLayouts> KafkaTopics::ask_layouts() {
  const rd_kafka_metadata_t* answer = nullptr;
  const auto code = rd_kafka_metadata(handle_, 0, nullptr, &answer, kPatienceMilliseconds);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return read_error(code);
  const Metadata metadata(answer);
  a_broker_ = metadata->orig_broker_id;
  KafkaTopicLayouts layouts;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const auto& topic = metadata->topics[i];
    switch (topic.err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
      case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
        layouts[topic.topic] = layout_of(topic);
        break;
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        break;
      case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return Error{Errc::kInvalid, fmt::format("Topic {}: {}", topic.topic, describe_kafka(topic.err))};
      default:
        return read_error(topic.err);
    }
  }
  return layouts;
}

Status KafkaTopics::check(const KafkaTopicLayouts& layouts) const {
  for (const auto stream : kAllStreams) {
    const auto& topic = topic_of(config_, stream);
    const auto found = layouts.find(topic);
    if (found == layouts.end()) {
      return Error{Errc::kUnavailable, fmt::format("Kafka has no topic {} (yet).", topic)};
    }
    const auto wanted = partitions_of(config_, stream);
    // Whatever `dead` has besides its one partition, nobody writes there.
    const bool may_have_more = config_.leave_surplus || stream == Stream::kDead;
    if (may_have_more && found->second.partitions > wanted) continue;
    if (auto checked = check_topic_layout(topic, wanted, found->second); !checked) return checked;
  }
  return {};
}

Status KafkaTopics::check_layout() {
  const auto layouts = ask_layouts();
  if (!layouts) return layouts.error();
  return check(*layouts);
}

Status KafkaTopics::ensure() {
  auto layouts = ask_layouts();
  if (!layouts) return layouts.error();
  std::vector<Stream> missing;
  for (const auto stream : kAllStreams) {
    if (!layouts->contains(topic_of(config_, stream))) missing.push_back(stream);
  }
  if (!missing.empty()) {
    if (auto created = create(missing); !created) return created;
    layouts = ask_layouts();
    if (!layouts) return layouts.error();
  }
  if (auto checked = check(*layouts); !checked) return checked;
  const auto settings = ask_settings();
  if (!settings) return settings.error();
  for (const auto& [topic, values] : *settings) {
    const auto& layout = layouts->at(topic);
    if (auto checked = check_topic_settings(topic, layout, values); !checked) return checked;
    warn_once(topic, layout);
  }
  return {};
}

int KafkaTopics::replicas_of_new_topics() {
  if (config_.replication_factor) return *config_.replication_factor;
  // Asked for, not left to the broker: min.insync.replicas depends on it.
  const auto told = ask_kafka_broker_setting(handle_, a_broker_, "default.replication.factor");
  int replicas = -1;
  if (told) std::from_chars(told->data(), told->data() + told->size(), replicas);
  return replicas;
}

Status KafkaTopics::create(const std::vector<Stream>& missing) {
  const int replicas = replicas_of_new_topics();
  std::vector<NewKafkaTopic> topics;
  for (const auto stream : missing) {
    NewKafkaTopic topic{topic_of(config_, stream), partitions_of(config_, stream), replicas, {}};
    topic.settings["cleanup.policy"] = "delete";
    // A dead letter waits for a person. The others are settled within seconds; a week outlasts an outage.
    topic.settings["retention.ms"] = stream == Stream::kDead ? "-1" : "604800000";
    if (topic.replicas > 1) topic.settings["min.insync.replicas"] = "2";
    base::log_line(base::Level::kInfo, "A topic is created.",
                   {{"topic", topic.name}, {"partitions", topic.partitions}});
    topics.push_back(std::move(topic));
  }
  return create_kafka_topics(handle_, topics);
}

Result<std::map<std::string, KafkaTopicSettings>> KafkaTopics::ask_settings() {
  std::vector<std::string> names;
  names.reserve(kAllStreams.size());
  for (const auto stream : kAllStreams) names.push_back(topic_of(config_, stream));
  return ask_kafka_topic_settings(handle_, names);
}

void KafkaTopics::warn_once(const std::string& topic, const KafkaTopicLayout& layout) {
  if (layout.replicas > 1 || std::exchange(warned_, true)) return;
  base::log_line(base::Level::kWarn,
                 "A topic has one replica: what it holds is lost with its broker's disk. Give it three.",
                 {{"topic", topic}});
}

}  // namespace fanfinity::log
