#pragma once
// What every worker of one consumer shares.

#include <atomic>
#include <stop_token>

#include "pipeline/consumer.h"
#include "pipeline/id_scan.h"
#include "pipeline/insert_pace.h"
#include "pipeline/intent_age.h"
#include "pipeline/patience.h"

namespace fanfinity::pipeline {

struct WorkerContext {
  const ConsumerConfig& config;
  const ConsumerPorts& ports;
  IdScan& id_scan;
  InsertPace& pace;
  const IntentAge& intent_age;
  Repetitions& repetitions;
  const std::atomic<bool>& draining;  ///< Store what is there now, then leave.

  [[nodiscard]] Patience patience(std::stop_token stop) const {
    return {ports.clock, std::move(stop), config.backoff_first, config.backoff_max, repetitions};
  }
};

}  // namespace fanfinity::pipeline
