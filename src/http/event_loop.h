#pragma once
// One thread's sockets and what other threads want of it: epoll, edge-triggered, and an eventfd.
//
// Written by hand because it is what an event costs: a socket is registered once for good, so that a request
// takes no call of the kernel beside its recv and send. A reactor that waits anew for each readiness takes
// one epoll_ctl a request (docs/PERFORMANCE.md has the figures).

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "http/owned_descriptor.h"

namespace fanfinity::http {

class EventLoop {
 public:
  /// Told on the loop's thread what became possible since it was last told: EPOLLIN, EPOLLOUT, EPOLLRDHUP,
  /// EPOLLHUP, EPOLLERR.
  class Watcher {
   public:
    virtual void on_ready(std::uint32_t events) = 0;

   protected:
    ~Watcher() = default;
  };

  /// Throws std::system_error when the process has no descriptors left.
  EventLoop();

  /// Tells `watcher`, which outlives its events, about `socket` until that is closed. False: out of memory.
  [[nodiscard]] bool watch(int socket, Watcher& watcher);
  /// The same for a listening socket, told again and again while clients wait.
  [[nodiscard]] bool watch_listener(int socket, Watcher& watcher);
  void pause_listener(int socket, Watcher& watcher);

  /// Any thread: runs `work` on the loop's thread, in order.
  void post(std::function<void()> work);

  /// Waits until something is ready or posted, `timeout` at the most.
  void wait(std::chrono::milliseconds timeout);
  /// Tells the watchers, then runs what was posted.
  void dispatch();

 private:
  static constexpr std::size_t kEventsARound = 128;

  [[nodiscard]] bool control(int operation, int socket, std::uint32_t events, Watcher* watcher);

  OwnedDescriptor epoll_;
  OwnedDescriptor wake_;
  std::array<epoll_event, kEventsARound> events_{};
  std::size_t ready_ = 0;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace fanfinity::http
