#pragma once
// What becomes of an event that cannot be stored: another try later, or the dead letters.

#include <string>

#include "log/log.h"
#include "pipeline/consumer.h"

namespace fanfinity::pipeline {

struct Verdict {
  log::Stream stream = log::Stream::kRetry;  ///< kRetry, or kDead once the attempts are used up.
  log::Record record;                        ///< The record with this failure added to its history.
};

/// Verdict on a refused record: the delay doubles with each attempt.
[[nodiscard]] Verdict refuse(const log::Record& record, const log::Position& position, std::string reason,
                             base::Timestamp now, const ConsumerConfig& config);

/// The dead letter of a record that no further try can help.
[[nodiscard]] log::Record dead_letter(const log::Record& record, const log::Position& position,
                                      std::string reason, base::Timestamp now);

}  // namespace fanfinity::pipeline
