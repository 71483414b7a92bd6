#pragma once
// Appending one record and waiting until it is durable, however often that takes. A copy too many does
// no harm in any stream (EXACTLY-ONCE 6, C7), a record too few would.

#include <memory>
#include <stop_token>

#include "base/result.h"
#include "log/log.h"
#include "pipeline/patience.h"

namespace fanfinity::pipeline {

/// An append on its way. May be dropped without waiting.
class PendingAppend {
 public:
  PendingAppend(log::Producer& producer, log::Stream stream, log::Record record);
  /// Its answer, or kStopped when `stop` came first: then it may still become durable. Call once.
  [[nodiscard]] base::Result<log::Producer::Ack> wait(std::stop_token stop);

 private:
  struct Answer;
  std::shared_ptr<Answer> answer_;  ///< Shared with the callback, which may come after we have gone.
};

/// Repeats until the record is durable. The only failure is kStopped.
[[nodiscard]] base::Status deliver(log::Producer& producer, log::Stream stream, const log::Record& record,
                                   const Patience& patience);

}  // namespace fanfinity::pipeline
