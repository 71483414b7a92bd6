#pragma once
// Looks at brokers and topics again and again, on a thread of its own, and tells the availability.

#include <functional>
#include <stop_token>
#include <thread>

#include "log/kafka_availability.h"
#include "log/kafka_log.h"
#include "log/kafka_topics.h"

namespace fanfinity::log {

class KafkaWatch {
 public:
  /// All of them outlive it. `handle` is a kReader, which it polls. `prepare` is called each time the
  /// brokers were found and the topics are right, before that is told.
  KafkaWatch(const KafkaLogConfig& config, rd_kafka_t* handle, KafkaAvailability& availability,
             std::function<base::Status()> prepare);

 private:
  void run(const std::stop_token& stop);
  void look();
  [[nodiscard]] base::Status open();

  rd_kafka_t* handle_;
  KafkaAvailability& availability_;
  std::function<base::Status()> prepare_;
  KafkaTopics topics_;
  std::jthread thread_;
};

}  // namespace fanfinity::log
