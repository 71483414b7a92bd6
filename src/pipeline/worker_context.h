#pragma once
// What every worker of one consumer shares.

#include <atomic>
#include <stop_token>

#include "pipeline/consumer.h"
#include "pipeline/id_filter.h"
#include "pipeline/insert_pace.h"
#include "pipeline/intent_age.h"
#include "pipeline/patience.h"

namespace fanfinity::pipeline {

struct WorkerContext {
  const ConsumerConfig& config;
  const ConsumerPorts& ports;
  FilterBudget& filter_budget;
  InsertPace& pace;
  const IntentAge& intent_age;
  const std::atomic<bool>& draining;  ///< Store what is there now, then leave.

  [[nodiscard]] Patience patience(std::stop_token stop) const {
    return {ports.clock, std::move(stop), config.backoff_first, config.backoff_max};
  }
};

}  // namespace fanfinity::pipeline
