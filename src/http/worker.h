#pragma once
// One thread: an event loop, a listening socket of its own, its connections, and a tick that sweeps their
// deadlines.

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/connection.h"
#include "http/context.h"
#include "http/event_loop.h"
#include "http/exchange.h"
#include "http/owned_descriptor.h"
#include "http/stream_feeds.h"

namespace fanfinity::http {

class Worker final : private EventLoop::Watcher {
 public:
  /// `listener` is listening and non-blocking. Throws std::system_error without descriptors for its loop.
  Worker(Context& context, OwnedDescriptor listener);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Throws std::system_error when the system gives no thread.
  void start();
  /// Any thread: stops accepting and ends when its connections have, or at `deadline`.
  void drain(base::SteadyTime deadline);
  void join();

  // For connections, on the worker's thread.
  [[nodiscard]] Context& context() { return context_; }
  /// The time, as exact as deadlines need it.
  [[nodiscard]] base::SteadyTime round_began() const { return round_began_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
  /// Scratch for one read or one response: nothing in them outlives the call that filled them.
  [[nodiscard]] std::string& read_buffer() { return read_buffer_; }
  [[nodiscard]] std::string& write_buffer() { return write_buffer_; }
  [[nodiscard]] StreamFeeds& feeds() { return feeds_; }
  void remove(Connection& connection);
  /// Logs why a request failed; of many in a second one.
  void report_failure(const RequestNames& ids, std::string_view route, const Response& response);
  /// Has `connection` read on when the others have had their turn.
  void queue(std::shared_ptr<Connection> connection);

 private:
  void run();
  void on_ready(std::uint32_t events) override;
  [[nodiscard]] std::chrono::milliseconds until_tick() const;
  void read_on();
  [[nodiscard]] bool accept_one();
  void close_an_idle_one();
  void back_off(int error);
  void admit(int fd, const ClientAddress& client);
  void on_tick(base::SteadyTime now);
  void begin_drain(base::SteadyTime deadline);

  Context& context_;
  EventLoop loop_;
  OwnedDescriptor listener_;
  bool accept_paused_ = false;
  std::chrono::milliseconds tick_interval_;
  base::SteadyTime next_tick_;
  base::SteadyTime round_began_;
  std::shared_ptr<Mailbox> mailbox_;
  StreamFeeds feeds_;
  std::string read_buffer_;
  std::string write_buffer_;
  bool draining_ = false;
  base::SteadyTime drain_deadline_;
  base::SteadyTime last_complaint_;
  std::vector<std::shared_ptr<Connection>> connections_;
  base::SteadyTime last_report_;
  std::uint64_t unreported_ = 0;                      ///< Failures since then.
  std::size_t idle_search_ = 0;                       ///< Where the last search for an idle one ended.
  std::vector<std::shared_ptr<Connection>> queued_;   ///< To read on in the next round.
  std::vector<std::shared_ptr<Connection>> retired_;  ///< Closed; events of this round may still name them.
  std::thread thread_;
};

}  // namespace fanfinity::http
