#include "http/worker.h"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/burst.h"
#include "base/log_line.h"
#include "base/thread_name.h"

namespace fanfinity::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr int kAcceptBatch = 64;  // Then connections get their turn.
// When the server is full: how many connections are looked at for one that is idle, and what is idle.
constexpr std::size_t kIdleSearch = 64;
constexpr std::chrono::seconds kIdleLeast{1};
constexpr std::chrono::seconds kReportEvery{1};
constexpr std::chrono::seconds kComplainEvery{10};

/// A deadline is kept to a quarter of itself, at worst; a second's fraction is enough for any.
milliseconds tick_for(const ServerConfig& config) {
  const milliseconds shortest =
      std::min({config.header_timeout, config.body_timeout, config.idle_timeout, config.write_timeout,
                config.stall_timeout, config.request_timeout, config.drain_timeout});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(250));
}

/// The client, or the network to it, is gone: the next one in the queue is another matter.
bool concerns_one_client(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM || error == ENETDOWN ||
         error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH || error == ENONET ||
         error == ENOPROTOOPT || error == EOPNOTSUPP || error == ETIMEDOUT;
}

/// Signals are the business of the main thread; a new thread inherits the mask.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Worker::Worker(Context& context, OwnedDescriptor listener)
    : context_(context),
      listener_(std::move(listener)),
      tick_interval_(tick_for(context.config)),
      mailbox_(std::make_shared<Mailbox>(loop_)),
      feeds_(loop_),
      read_buffer_(kReadBuffer, '\0') {}

Worker::~Worker() {
  mailbox_->close();
  join();
}

void Worker::start() {
  round_began_ = std::chrono::steady_clock::now();
  next_tick_ = round_began_ + tick_interval_;
  accept_paused_ = !loop_.watch_listener(listener_.get(), *this);
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  base::name_this_thread("http");
  while (!draining_ || !connections_.empty()) {
    loop_.wait(queued_.empty() && !feeds_.busy() ? until_tick() : milliseconds(0));
    round_began_ = std::chrono::steady_clock::now();
    // What a round appends to the log goes there in one piece.
    const base::Burst round;
    read_on();
    loop_.dispatch();
    feeds_.walk();
    if (round_began_ >= next_tick_) on_tick(round_began_);
    retired_.clear();
  }
  mailbox_->close();
}

milliseconds Worker::until_tick() const {
  const auto left = std::chrono::ceil<milliseconds>(next_tick_ - round_began_);
  return std::max(left, milliseconds(0));
}

void Worker::queue(std::shared_ptr<Connection> connection) {
  queued_.push_back(std::move(connection));
}

void Worker::read_on() {
  for (const auto& connection : std::exchange(queued_, {})) connection->read_on();
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::drain(base::SteadyTime deadline) {
  loop_.post([this, deadline] { begin_drain(deadline); });
}

void Worker::on_ready(std::uint32_t /*events*/) {
  for (int i = 0; i < kAcceptBatch; ++i) {
    if (draining_ || !accept_one()) return;
  }
}

bool Worker::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const int fd = ::accept4(listener_.get(), raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    admit(fd, ClientAddress::from(raw));
    return true;
  }
  const int error = errno;
  if (concerns_one_client(error)) return true;
  if (!draining_ && error != EAGAIN && error != EWOULDBLOCK) back_off(error);
  return false;
}

void Worker::back_off(int error) {
  // The queue stays readable, so listening to it would spin: again with the next tick.
  loop_.pause_listener(listener_.get(), *this);
  accept_paused_ = true;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_complaint_ > kComplainEvery) {
    last_complaint_ = now;
    base::log_line(base::Level::kError,
                   "Cannot accept connections: raise the limit of open files (ulimit -n) or add memory.",
                   {{"error", std::strerror(error)}});
  }
}

void Worker::admit(int fd, const ClientAddress& client) {
  if (context_.admission->full() && !context_.admission->at_limit(client)) close_an_idle_one();
  const auto entry = context_.admission->enter(client);
  if (entry == Admission::Entry::kDrop) {
    ::close(fd);
    return;
  }
  const auto connection = std::make_shared<Connection>(*this, OwnedDescriptor(fd), client);
  if (!loop_.watch(fd, *connection)) return context_.admission->leave(client);
  connection->slot = connections_.size();
  connections_.push_back(connection);
  if (context_.observer != nullptr) context_.observer->on_connection_opened();
  if (entry == Admission::Entry::kRefuse) return connection->start_refusing();
  connection->start();
}

/// A client that has asked nothing for a while can come again; one that cannot get in has nothing at all.
void Worker::close_an_idle_one() {
  for (std::size_t i = 0; i < kIdleSearch && !connections_.empty(); ++i) {
    idle_search_ = (idle_search_ + 1) % connections_.size();
    const std::shared_ptr<Connection> connection = connections_[idle_search_];
    if (connection->idle_since(round_began_ - kIdleLeast)) return connection->drain();
  }
}

void Worker::report_failure(const RequestNames& ids, std::string_view route, const Response& response) {
  if (round_began_ - last_report_ < kReportEvery) {
    ++unreported_;
    return;
  }
  last_report_ = round_began_;
  base::log_line(base::Level::kWarn, "request failed",
                 {{"request_id", ids.request_id},
                  {"trace_id", ids.trace_id},
                  {"route", route},
                  {"status", response.status},
                  {"cause", response.cause},
                  {"others", std::exchange(unreported_, 0)}});
}

void Worker::remove(Connection& connection) {
  const std::size_t slot = connection.slot;
  retired_.push_back(std::move(connections_[slot]));
  if (slot + 1 != connections_.size()) {
    connections_[slot] = std::move(connections_.back());
    connections_[slot]->slot = slot;
  }
  connections_.pop_back();
  context_.admission->leave(connection.client());
  if (context_.observer != nullptr) context_.observer->on_connection_closed();
}

void Worker::on_tick(base::SteadyTime now) {
  next_tick_ = now + tick_interval_;
  if (accept_paused_ && !draining_) accept_paused_ = !loop_.watch_listener(listener_.get(), *this);
  const bool time_up = draining_ && now >= drain_deadline_;
  // Backwards, because closing puts the last connection into the place of the one that goes.
  for (std::size_t i = connections_.size(); i > 0; --i) {
    const std::shared_ptr<Connection> connection = connections_[i - 1];
    if (time_up) {
      connection->abandon();
    } else {
      connection->on_tick(now);
    }
  }
}

void Worker::begin_drain(base::SteadyTime deadline) {
  // Who is in the queue already was promised a connection by the kernel.
  draining_ = true;
  while (accept_one()) {
  }
  listener_.close();
  drain_deadline_ = deadline;
  for (std::size_t i = connections_.size(); i > 0; --i) {
    const std::shared_ptr<Connection> connection = connections_[i - 1];
    connection->drain();
  }
}

}  // namespace fanfinity::http
