#include "log/kafka_growth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/log_line.h"
#include "log/kafka_admin.h"
#include "log/kafka_config.h"
#include "log/kafka_errors.h"
#include "log/kafka_offsets.h"
#include "log/kafka_topics.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience{2'000};
constexpr std::chrono::seconds kLookEvery{1};
constexpr std::array kGrowing{Stream::kEvents, Stream::kRetry};

/// Keeps the reason why nothing was reached, which the answer of a request does not tell.
class LastError final : public KafkaEvents {
 public:
  void on_error(rd_kafka_resp_err_t code, std::string_view text) override {
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) told_ = describe_kafka(code, text);
  }
  [[nodiscard]] Error or_else(const Error& error) const {
    return error.code == Errc::kUnavailable && told_ ? Error{error.code, *told_} : error;
  }

 private:
  std::optional<std::string> told_;
};

/// The first partition of a topic of which something is not consumed.
struct Waiting {
  std::string topic;
  PartitionId partition{};
  Offset consumed{};
  Offset end{};
};

class Growth {
 public:
  Growth(const KafkaLogConfig& config, std::uint32_t wanted, rd_kafka_t* handle, KafkaEvents& events)
      : config_(config), wanted_(wanted), handle_(handle), events_(events), topics_(config, handle) {}

  Status run(const DrainKafka& drain);

 private:
  [[nodiscard]] Status look();
  [[nodiscard]] std::uint32_t partitions_now(Stream stream) const;
  [[nodiscard]] bool were_changed() const;
  [[nodiscard]] Status wait_left();
  [[nodiscard]] Result<std::optional<Waiting>> waiting_in(Stream stream);
  [[nodiscard]] Result<std::optional<Waiting>> waiting();
  [[nodiscard]] Status grow(Stream stream);

  const KafkaLogConfig& config_;
  const std::uint32_t wanted_;
  rd_kafka_t* handle_;
  KafkaEvents& events_;
  KafkaTopics topics_;
  KafkaTopicLayouts layouts_;
};

Status Growth::run(const DrainKafka& drain) {
  if (auto looked = look(); !looked) return looked;
  if (auto left = wait_left(); !left) return left;
  auto waits = waiting();
  if (waits && *waits && were_changed()) {
    if (auto drained = drain(); !drained) return drained;
    if (auto left = wait_left(); !left) return left;
    waits = waiting();
  }
  if (!waits) return waits.error();
  if (*waits) {
    return Error{
        Errc::kInvalid,
        fmt::format("Partition {} of topic {} is consumed up to {} of {}: stop the servers, leave the "
                    "consumers running until the lag is zero, then grow.",
                    number((*waits)->partition), (*waits)->topic, number((*waits)->consumed),
                    number((*waits)->end))};
  }
  for (const auto stream : kGrowing) {
    if (auto grown = grow(stream); !grown) return grown;
  }
  return {};
}

Status Growth::look() {
  auto layouts = topics_.ask_layouts();
  if (!layouts) return layouts.error();
  layouts_ = std::move(layouts).value();
  for (const auto stream : kGrowing) {
    const auto& topic = topic_of(config_, stream);
    if (!layouts_.contains(topic)) {
      return Error{Errc::kInvalid, fmt::format("Kafka has no topic {}: there is nothing to grow.", topic)};
    }
    const auto now = std::max(partitions_now(stream), config_.partitions);
    if (now > wanted_) {
      return Error{Errc::kInvalid,
                   fmt::format("Kafka's topic {} has {} partitions already; their number cannot "
                               "become smaller.",
                               topic, now)};
    }
  }
  return {};
}

std::uint32_t Growth::partitions_now(Stream stream) const {
  return layouts_.at(topic_of(config_, stream)).partitions;
}

bool Growth::were_changed() const {
  return std::ranges::any_of(kGrowing,
                             [this](Stream stream) { return partitions_now(stream) != config_.partitions; });
}

Status Growth::wait_left() {
  // A member that was killed, or stopped while it was joining, goes when its session times out; one that was
  // joining behind another such, after a second one.
  const auto until = steady_clock::now() + 2 * config_.session_timeout + kPatience;
  for (const auto stream : kGrowing) {
    const auto group = group_of(config_, stream);
    for (;;) {
      const auto members = ask_members_of_group(handle_, group);
      if (!members) return members.error();
      if (*members == 0) break;
      const auto left = std::chrono::ceil<std::chrono::seconds>(until - steady_clock::now());
      if (left.count() <= 0) {
        return Error{Errc::kInvalid,
                     fmt::format("The consumer group {} has {} members: stop every server, wait for "
                                 "the lag to be zero, stop every consumer, then grow.",
                                 group, *members)};
      }
      base::log_line(base::Level::kInfo,
                     "The consumer group has members: waiting for them to go or time out.",
                     {{"group", group}, {"members", *members}, {"seconds_left", left.count()}});
      std::this_thread::sleep_for(std::min(left, kLookEvery));
    }
  }
  return {};
}

Result<std::optional<Waiting>> Growth::waiting_in(Stream stream) {
  const auto& topic = topic_of(config_, stream);
  std::vector<PartitionId> agreed;
  for (std::uint32_t p = 0; p < std::min(partitions_now(stream), config_.partitions); ++p) {
    agreed.push_back(PartitionId{p});
  }
  const auto of_group = make_kafka_handle(config_, KafkaRole::kReader, group_of(config_, stream), events_);
  if (!of_group) return of_group.error();
  const auto committed = ask_committed(of_group->get(), topic, agreed, kPatience);
  if (!committed) return committed.error();
  const auto ends = ask_edges(handle_, topic, agreed, KafkaEdge::kEnd, kPatience);
  if (!ends) return ends.error();
  for (std::size_t p = 0; p < agreed.size(); ++p) {
    const auto consumed = (*committed)[p].offset.value_or(Offset{0});
    if (consumed != (*ends)[p]) return std::optional(Waiting{topic, agreed[p], consumed, (*ends)[p]});
  }
  return std::optional<Waiting>{};
}

Result<std::optional<Waiting>> Growth::waiting() {
  for (const auto stream : kGrowing) {
    auto waits = waiting_in(stream);
    if (!waits || *waits) return waits;
  }
  return std::optional<Waiting>{};
}

Status Growth::grow(Stream stream) {
  if (partitions_now(stream) == wanted_) return {};
  const auto& topic = topic_of(config_, stream);
  if (auto grown = add_kafka_partitions(handle_, topic, wanted_); !grown) return grown;
  base::log_line(base::Level::kInfo, "A topic has grown.", {{"topic", topic}, {"partitions", wanted_}});
  return {};
}

}  // namespace

Status grow_kafka_topics(const KafkaLogConfig& config, std::uint32_t partitions, const DrainKafka& drain) {
  LastError errors;
  const auto handle = make_kafka_handle(config, KafkaRole::kReader, config.group, errors);
  if (!handle) return handle.error();
  const auto grown = Growth(config, partitions, handle->get(), errors).run(drain);
  rd_kafka_poll(handle->get(), 0);
  return grown ? Status{} : Status{errors.or_else(grown.error())};
}

}  // namespace fanfinity::log
