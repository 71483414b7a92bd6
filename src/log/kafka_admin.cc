#include "log/kafka_admin.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/log_line.h"
#include "log/kafka_errors.h"
#include "log/kafka_handle.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr int kPatienceMilliseconds = 5'000;
constexpr std::size_t kErrorText = 512;

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, FreeWith<rd_kafka_NewTopic_destroy>>;
using NewPartitions = std::unique_ptr<rd_kafka_NewPartitions_t, FreeWith<rd_kafka_NewPartitions_destroy>>;
using Groups = std::unique_ptr<const rd_kafka_group_list, FreeWith<rd_kafka_group_list_destroy>>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, FreeWith<rd_kafka_ConfigResource_destroy>>;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, FreeWith<rd_kafka_AdminOptions_destroy>>;

Options options_for(rd_kafka_t* handle, rd_kafka_admin_op_t request) {
  Options options(rd_kafka_AdminOptions_new(handle, request));
  std::array<char, kErrorText> text{};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kPatienceMilliseconds, text.data(), text.size());
  return options;
}

/// Waits for the one answer that `queue` will get.
Result<KafkaEvent> answer_of(rd_kafka_queue_t* queue) {
  KafkaEvent event(rd_kafka_queue_poll(queue, 2 * kPatienceMilliseconds));
  if (!event) return Error{Errc::kUnavailable, "Kafka did not answer an administrative request."};
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return read_error(code, rd_kafka_event_error_string(event.get()));
  return event;
}

/// Of creating a topic, or partitions of it.
Status created_status(const rd_kafka_topic_result_t& result) {
  const auto code = rd_kafka_topic_result_error(&result);
  const char* text = rd_kafka_topic_result_error_string(&result);
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return {};
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return Error{
          Errc::kInvalid,
          fmt::format("Kafka does not create topic {} ({}): create it yourself as docs/OPERATIONS.md "
                      "says, or correct the settings.",
                      rd_kafka_topic_result_name(&result), text == nullptr ? "" : text)};
    default:
      return Error{Errc::kUnavailable,
                   fmt::format("Topic {} could not be created. {}", rd_kafka_topic_result_name(&result),
                               describe_kafka(code, text == nullptr ? "" : text))};
  }
}

}  // namespace

Status create_kafka_topics(rd_kafka_t* handle, const std::vector<NewKafkaTopic>& topics) {
  std::vector<NewTopic> owners;
  std::vector<rd_kafka_NewTopic_t*> wanted;
  for (const auto& topic : topics) {
    std::array<char, kErrorText> text{};
    owners.emplace_back(rd_kafka_NewTopic_new(topic.name.c_str(), static_cast<int>(topic.partitions),
                                              topic.replicas, text.data(), text.size()));
    if (!owners.back()) return Error{Errc::kInvalid, fmt::format("Topic {}: {}.", topic.name, text.data())};
    for (const auto& [name, value] : topic.settings) {
      rd_kafka_NewTopic_set_config(owners.back().get(), name.c_str(), value.c_str());
    }
    wanted.push_back(owners.back().get());
  }
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  const auto options = options_for(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  std::array<char, kErrorText> text{};
  // Until they are there, so that nobody finds half of them.
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kPatienceMilliseconds, text.data(), text.size());
  rd_kafka_CreateTopics(handle, wanted.data(), wanted.size(), options.get(), queue.get());
  const auto answer = answer_of(queue.get());
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* result = rd_kafka_event_CreateTopics_result(answer->get());
  const auto** created = rd_kafka_CreateTopics_result_topics(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (auto status = created_status(*created[i]); !status) return status;
  }
  return {};
}

Status add_kafka_partitions(rd_kafka_t* handle, const std::string& topic, std::uint32_t partitions) {
  std::array<char, kErrorText> text{};
  const NewPartitions wanted(rd_kafka_NewPartitions_new(topic.c_str(), partitions, text.data(), text.size()));
  if (!wanted) return Error{Errc::kInvalid, fmt::format("Topic {}: {}.", topic, text.data())};
  auto* only = wanted.get();
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  const auto options = options_for(handle, RD_KAFKA_ADMIN_OP_CREATEPARTITIONS);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), kPatienceMilliseconds, text.data(), text.size());
  rd_kafka_CreatePartitions(handle, &only, 1, options.get(), queue.get());
  const auto answer = answer_of(queue.get());
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* result = rd_kafka_event_CreatePartitions_result(answer->get());
  const auto** grown = rd_kafka_CreatePartitions_result_topics(result, &count);
  return count == 1 ? created_status(*grown[0]) : Status{};
}

Result<int> ask_members_of_group(rd_kafka_t* handle, const std::string& group) {
  const rd_kafka_group_list* list = nullptr;
  const auto code = rd_kafka_list_groups(handle, group.c_str(), &list, kPatienceMilliseconds);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return read_error(code);
  const Groups groups(list);
  int members = 0;
  for (int i = 0; i < groups->group_cnt; ++i) {
    if (groups->groups[i].group == group) members += groups->groups[i].member_cnt;
  }
  return members;
}

namespace {

using SettingsByName = std::map<std::string, std::map<std::string, std::string>>;

Result<SettingsByName> ask_settings(rd_kafka_t* handle, rd_kafka_ResourceType_t type,
                                    const std::vector<std::string>& names) {
  std::vector<Resource> owners;
  std::vector<rd_kafka_ConfigResource_t*> wanted;
  for (const auto& name : names) {
    owners.emplace_back(rd_kafka_ConfigResource_new(type, name.c_str()));
    wanted.push_back(owners.back().get());
  }
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  const auto options = options_for(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
  rd_kafka_DescribeConfigs(handle, wanted.data(), wanted.size(), options.get(), queue.get());
  const auto answer = answer_of(queue.get());
  if (!answer) return answer.error();
  std::size_t count = 0;
  const auto* result = rd_kafka_event_DescribeConfigs_result(answer->get());
  const auto** described = rd_kafka_DescribeConfigs_result_resources(result, &count);
  SettingsByName settings;
  for (std::size_t i = 0; i < count; ++i) {
    auto& values = settings[rd_kafka_ConfigResource_name(described[i])];
    if (const auto code = rd_kafka_ConfigResource_error(described[i]); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      base::log_line(base::Level::kWarn, "Settings of Kafka cannot be read, so they are not checked.",
                     {{"of", rd_kafka_ConfigResource_name(described[i])}, {"error", describe_kafka(code)}});
      continue;
    }
    std::size_t entries = 0;
    const auto** all = rd_kafka_ConfigResource_configs(described[i], &entries);
    for (std::size_t e = 0; e < entries; ++e) {
      const char* value = rd_kafka_ConfigEntry_value(all[e]);
      values[rd_kafka_ConfigEntry_name(all[e])] = value == nullptr ? "" : value;
    }
  }
  return settings;
}

}  // namespace

Result<SettingsByName> ask_kafka_topic_settings(rd_kafka_t* handle, const std::vector<std::string>& topics) {
  return ask_settings(handle, RD_KAFKA_RESOURCE_TOPIC, topics);
}

Result<std::string> ask_kafka_broker_setting(rd_kafka_t* handle, std::int32_t broker,
                                             const std::string& name) {
  const auto id = std::to_string(broker);
  const auto settings = ask_settings(handle, RD_KAFKA_RESOURCE_BROKER, {id});
  if (!settings) return settings.error();
  const auto found = settings->find(id);
  if (found == settings->end() || !found->second.contains(name)) return std::string();
  return found->second.at(name);
}

}  // namespace fanfinity::log
