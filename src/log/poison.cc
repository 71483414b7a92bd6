#include "log/poison.h"

#include "base/log_line.h"

namespace fanfinity::log {

void Poison::set(const base::Error& cause) {
  {
    const std::lock_guard lock(mutex_);
    if (is_set()) return;
    cause_ = cause.detail;
    set_.store(true, std::memory_order_release);
  }
  base::log_line(base::Level::kError, "The log takes no more records until a restart: writing failed.",
                 {{"cause", cause.detail}, {"advice", "check the disk, then restart"}});
}

base::Status Poison::check() const {
  if (!is_set()) return {};
  const std::lock_guard lock(mutex_);
  return base::Error{base::Errc::kUnavailable,
                     "The log failed to write and takes nothing until a restart; check the disk. " + cause_};
}

}  // namespace fanfinity::log
