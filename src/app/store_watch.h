#pragma once
// Waits for ClickHouse, brings its schema up to date, then keeps an eye on it: /ready reads the state
// from here, so that asking costs nothing and never blocks.

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/clock.h"
#include "base/result.h"

namespace fanfinity::app {

class StoreWatch {
 public:
  struct Steps {
    std::function<base::Status()> ping;
    std::function<base::Status()> migrate;             ///< kInvalid: will not get better by itself.
    std::function<void()> on_migrated;                 ///< Once.
    std::function<void(const base::Error&)> on_fatal;  ///< At most once, instead of on_migrated.
  };
  StoreWatch(Steps steps, base::Clock& clock);
  ~StoreWatch() = default;  ///< Stops and joins.
  StoreWatch(const StoreWatch&) = delete;
  StoreWatch& operator=(const StoreWatch&) = delete;

  [[nodiscard]] base::Status status() const;
  /// Begins to stop. What is asked of ClickHouse right now may take its time; the destructor waits for it.
  void request_stop() { thread_.request_stop(); }

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] bool bring_up(const std::stop_token& stop);
  void set(base::Status status);

  Steps steps_;
  base::Clock& clock_;
  mutable std::mutex mutex_;
  base::Status status_;
  std::jthread thread_;
};

}  // namespace fanfinity::app
