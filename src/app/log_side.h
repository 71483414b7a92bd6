#pragma once
// The log of this process, Kafka or the embedded one: opened here, and from there on one of three ports.

#include <memory>
#include <stop_token>
#include <string_view>

#include "base/result.h"
#include "config/settings.h"
#include "log/log.h"
#include "observe/metrics.h"

namespace fanfinity::app {

class LogSide {
 public:
  /// Kafka when KAFKA_BOOTSTRAP_SERVERS is set. Does not wait for a broker, but for a process that still has
  /// the directory of the embedded log, until `stop` (kStopped). `metrics` outlives it.
  [[nodiscard]] static base::Result<std::unique_ptr<LogSide>> open(const config::Settings& settings,
                                                                   observe::Metrics& metrics,
                                                                   const std::stop_token& stop = {});
  virtual ~LogSide() = default;

  [[nodiscard]] virtual log::Producer& producer() = 0;
  [[nodiscard]] virtual log::Group& group() = 0;
  [[nodiscard]] virtual log::Reader& reader() = 0;
  /// What /ready calls it.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Waits until it can be used. kInvalid: it never will, until somebody acts upon the sentence. kStopped.
  [[nodiscard]] virtual base::Status wait_usable(std::chrono::milliseconds wait,
                                                 const std::stop_token& stop) = 0;
  /// Sets the gauges that only this log has.
  virtual void sample() = 0;
};

}  // namespace fanfinity::app
