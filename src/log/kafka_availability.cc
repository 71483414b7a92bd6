#include "log/kafka_availability.h"

#include <fmt/format.h>

#include <utility>

#include "base/log_line.h"
#include "log/kafka_errors.h"

namespace fanfinity::log {

using base::Errc;
using base::Error;
using base::Status;

KafkaAvailability::KafkaAvailability(std::string bootstrap_servers)
    : bootstrap_servers_(std::move(bootstrap_servers)),
      status_(
          Error{Errc::kUnavailable, fmt::format("Kafka at {} has not answered yet.", bootstrap_servers_)}) {}

Status KafkaAvailability::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::optional<Error> KafkaAvailability::broken() const {
  if (open()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (status_ || status_.error().code != Errc::kInvalid) return std::nullopt;
  return status_.error();
}

void KafkaAvailability::set(Status status) {
  const std::lock_guard lock(mutex_);
  if (status.ok() != status_.ok() || (!status && status.error().detail != status_.error().detail)) {
    if (status) {
      base::log_line(base::Level::kInfo, "Kafka can be reached.", {{"servers", bootstrap_servers_}});
    } else {
      base::log_line(base::Level::kWarn, "Kafka cannot be used.", {{"error", status.error().detail}});
    }
  }
  if (status) {
    told_.reset();
    hopeless_ = false;
  }
  open_.store(status.ok(), std::memory_order_release);
  status_ = std::move(status);
  changed_.notify_all();
}

void KafkaAvailability::note(rd_kafka_resp_err_t code, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    // Until the watch has looked: whoever appends now would only wait in the queue.
    if (status_) {
      status_ =
          Error{Errc::kUnavailable,
                told_.value_or(fmt::format("No Kafka broker of {} can be reached.", bootstrap_servers_))};
      open_.store(false, std::memory_order_release);
    }
    trouble_ = true;
  } else {
    // A resolved name that refuses follows its own failure to log in or to speak TLS; the first one tells.
    const bool hopeless = is_hopeless(code, text);
    if (hopeless || !hopeless_) told_ = describe_kafka(code, text);
    hopeless_ = hopeless_ || hopeless;
  }
  changed_.notify_all();
}

Error KafkaAvailability::unreachable(const std::string& otherwise) const {
  const std::lock_guard lock(mutex_);
  return {Errc::kUnavailable, told_.value_or(otherwise)};
}

Status KafkaAvailability::wait_open(base::SteadyTime until, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  const auto settled = [this] {
    return status_.ok() || status_.error().code == Errc::kInvalid || (hopeless_ && told_);
  };
  changed_.wait_until(lock, stop, until, settled);
  if (status_) return {};
  if (status_.error().code == Errc::kInvalid) return status_;
  if (hopeless_ && told_) return Error{Errc::kInvalid, *told_};
  if (stop.stop_requested()) return Error{Errc::kStopped, "The wait for Kafka was cut short."};
  return Error{Errc::kUnavailable, told_.value_or(status_.error().detail)};
}

void KafkaAvailability::wait_for_trouble(std::chrono::milliseconds wait, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, wait, [this] { return trouble_; });
  trouble_ = false;
}

}  // namespace fanfinity::log
