#pragma once
// Whether the brokers were reached and the topics are what they must be, and if not, why: one answer for
// appends, readers, members and /ready. Thread-safe.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "log/kafka_handle.h"

namespace fanfinity::log {

class KafkaAvailability {
 public:
  /// Nothing is known yet.
  explicit KafkaAvailability(std::string bootstrap_servers);

  [[nodiscard]] bool open() const { return open_.load(std::memory_order_acquire); }
  [[nodiscard]] base::Status status() const;
  /// The topics' settings break a promise (kInvalid): no waiting will help.
  [[nodiscard]] std::optional<base::Error> broken() const;

  /// What the watch found out.
  void set(base::Status status);
  /// What a handle told; it becomes the reason while nothing can be reached.
  void note(rd_kafka_resp_err_t code, std::string_view text);
  /// The reason to give when the watch found nobody: the last one told, or `otherwise`.
  [[nodiscard]] base::Error unreachable(const std::string& otherwise) const;

  /// Until it is open (success), broken or hopeless (kInvalid: no waiting will help), or `until` has passed:
  /// the reason. kStopped.
  [[nodiscard]] base::Status wait_open(base::SteadyTime until, const std::stop_token& stop) const;
  /// For the watch: until an error was noted that asks for a look, or `wait` has passed.
  void wait_for_trouble(std::chrono::milliseconds wait, const std::stop_token& stop);

 private:
  const std::string bootstrap_servers_;
  std::atomic<bool> open_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  base::Status status_;
  std::optional<std::string> told_;  ///< The last reason since it was open.
  bool hopeless_ = false;            ///< A password, certificate or right was refused since then.
  bool trouble_ = false;
};

}  // namespace fanfinity::log
