#pragma once
// Requests on their way from the reader to the connections; bounded, so that a fast disk waits for a slow
// server.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace fanfinity::tools {

struct ReplayRequest {
  std::string body;                  ///< One event, or events a line each.
  std::vector<std::uint64_t> lines;  ///< The line number of each event, in order.
};

/// Thread-safe.
class ReplayQueue {
 public:
  explicit ReplayQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room. False when `stop` was requested first.
  bool push(ReplayRequest request, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return waiting_.size() < capacity_; })) return false;
    waiting_.push_back(std::move(request));
    changed_.notify_all();
    return true;
  }

  /// Empty when the queue is closed and drained, or `stop` was requested.
  std::optional<ReplayRequest> pop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return closed_ || !waiting_.empty(); });
    if (stop.stop_requested() || waiting_.empty()) return std::nullopt;
    ReplayRequest request = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return request;
  }

  /// Nothing will be pushed any more.
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<ReplayRequest> waiting_;
  bool closed_ = false;
};

}  // namespace fanfinity::tools
