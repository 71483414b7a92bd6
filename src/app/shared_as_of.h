#pragma once
// One look at the log for all views that are read at about the same time.

#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "log/log.h"

namespace fanfinity::app {

/// pipeline::as_of, at most so old. An older answer is true as well: it only claims less. Thread-safe;
/// blocks.
class SharedAsOf {
 public:
  SharedAsOf(log::Reader& reader, base::Clock& clock) : reader_(reader), clock_(clock) {}
  [[nodiscard]] base::Result<base::Timestamp> get();

 private:
  log::Reader& reader_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::optional<base::Timestamp> as_of_;
  base::SteadyTime looked_at_{};
};

}  // namespace fanfinity::app
