#pragma once
// A KafkaLog on the program's one broker, with topics and a group of its own.

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "base/uuid.h"
#include "contract/log/log_contract.h"
#include "fakes/kafka_broker.h"
#include "log/kafka_log.h"

namespace fanfinity::log {

inline KafkaLogConfig config_on(const std::string& servers) {
  const auto name = base::Uuid::random().to_string();
  KafkaLogConfig config;
  config.bootstrap_servers = servers;
  config.events_topic = "events-" + name;
  config.retry_topic = "retry-" + name;
  config.dead_topic = "dead-" + name;
  config.group = "group-" + name;
  config.partitions = kPartitions;
  config.linger = std::chrono::milliseconds(0);
  config.max_fetch_bytes = 4U << 20U;
  return config;
}

inline std::unique_ptr<KafkaLog> open_checked(const KafkaLogConfig& config) {
  auto log = KafkaLog::open(config);
  if (!log) throw std::runtime_error(log.error().detail);
  if (auto checked = (*log)->check(kDeadline, {}); !checked) throw std::runtime_error(checked.error().detail);
  return std::move(log).value();
}

class KafkaUnderTest final : public LogUnderTest {
 public:
  KafkaUnderTest() : log_(open_checked(config_on(fakes::KafkaBroker::shared().servers()))) {}
  Producer& producer() override { return *log_; }
  Group& group() override { return *log_; }
  Reader& reader() override { return *log_; }

 private:
  std::unique_ptr<KafkaLog> log_;
};

}  // namespace fanfinity::log
