#include "log/kafka_watch.h"

#include <chrono>
#include <utility>

namespace fanfinity::log {
namespace {

using base::Errc;

constexpr std::chrono::milliseconds kSoon{200};
constexpr std::chrono::milliseconds kCalm{2'000};

}  // namespace

KafkaWatch::KafkaWatch(const KafkaLogConfig& config, rd_kafka_t* handle, KafkaAvailability& availability,
                       std::function<base::Status()> prepare)
    : handle_(handle),
      availability_(availability),
      prepare_(std::move(prepare)),
      topics_(config, handle),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void KafkaWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look();
    availability_.wait_for_trouble(availability_.open() ? kCalm : kSoon, stop);
  }
}

base::Status KafkaWatch::open() {
  // Everything is checked anew whenever the brokers come back: they may be others.
  if (auto ensured = topics_.ensure(); !ensured) return ensured;
  return prepare_();
}

void KafkaWatch::look() {
  auto status = availability_.open() ? topics_.check_layout() : open();
  // What the handle has to tell, so that the reason is known when nothing was reached.
  rd_kafka_poll(handle_, 0);
  if (!status && status.error().code == Errc::kUnavailable) {
    status = availability_.unreachable(status.error().detail);
  }
  availability_.set(std::move(status));
}

}  // namespace fanfinity::log
