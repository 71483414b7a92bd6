#include "app/store_watch.h"

#include <utility>

#include "base/log_line.h"

namespace fanfinity::app {
namespace {

constexpr std::chrono::milliseconds kBringUpPeriod{100};
constexpr std::chrono::milliseconds kWatchPeriod{500};

}  // namespace

StoreWatch::StoreWatch(Steps steps, base::Clock& clock)
    : steps_(std::move(steps)),
      clock_(clock),
      status_(base::Error{base::Errc::kUnavailable, "starting"}),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

base::Status StoreWatch::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void StoreWatch::set(base::Status status) {
  const std::lock_guard lock(mutex_);
  if (status_.ok() != status.ok() || (!status.ok() && status_.error().detail != status.error().detail)) {
    if (status.ok()) {
      base::log_line(base::Level::kInfo, "ClickHouse became ready");
    } else {
      base::log_line(base::Level::kWarn, "ClickHouse not ready, events wait in the log",
                     {{"detail", status.error().detail}});
    }
  }
  status_ = std::move(status);
}

bool StoreWatch::bring_up(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    base::Status status = steps_.migrate();  // Before it there is no schema that a ping could ask for.
    if (status.ok()) {
      set(std::move(status));
      steps_.on_migrated();
      return true;
    }
    if (stop.stop_requested()) return false;  // Then it was perhaps cut short by us.
    const bool hopeless = status.error().code == base::Errc::kInvalid;
    set(status);
    if (hopeless) {
      steps_.on_fatal(status.error());
      return false;
    }
    clock_.wait_for(stop, kBringUpPeriod);
  }
  return false;
}

void StoreWatch::run(const std::stop_token& stop) {
  if (!bring_up(stop)) return;
  while (clock_.wait_for(stop, kWatchPeriod)) {
    base::Status status = steps_.ping();
    if (!stop.stop_requested()) set(std::move(status));
  }
}

}  // namespace fanfinity::app
