#pragma once
// One thread: an io_context, an acceptor of its own, its connections, and a tick that sweeps their deadlines.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/connection.h"
#include "http/context.h"
#include "http/exchange.h"
#include "http/io.h"

namespace fanfinity::http {

class Worker {
 public:
  /// Takes over `listener`, a listening, non-blocking socket.
  Worker(Context& context, int listener);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  /// Any thread: stops accepting and ends when its connections have, or at `deadline`.
  void drain(base::SteadyTime deadline);
  void join();

  // For connections, on the worker's thread.
  [[nodiscard]] Context& context() { return context_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
  /// Scratch for one read or one response: nothing in them outlives the call that filled them.
  [[nodiscard]] std::string& read_buffer() { return read_buffer_; }
  [[nodiscard]] std::string& write_buffer() { return write_buffer_; }
  void remove(Connection& connection);

 private:
  void wait_for_client();
  void accept_all();
  [[nodiscard]] bool accept_one();
  void back_off(int error);
  void admit(int fd, const ClientAddress& client);
  void wait_for_tick();
  void on_tick();
  void begin_drain(base::SteadyTime deadline);
  void finish_if_drained();

  Context& context_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<Executor> work_;
  Descriptor listener_;
  Timer tick_;
  Timer accept_pause_;
  std::chrono::milliseconds tick_interval_;
  std::shared_ptr<Mailbox> mailbox_;
  std::string read_buffer_;
  std::string write_buffer_;
  bool draining_ = false;
  base::SteadyTime drain_deadline_;
  base::SteadyTime last_complaint_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::thread thread_;
};

}  // namespace fanfinity::http
