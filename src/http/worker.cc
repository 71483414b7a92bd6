#include "http/worker.h"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/log_line.h"
#include "base/thread_name.h"

namespace fanfinity::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kReadBuffer = 64 * 1024;
constexpr int kAcceptBatch = 64;  // Then connections get their turn.
constexpr milliseconds kAcceptPause{50};
constexpr std::chrono::seconds kComplainEvery{10};

/// A deadline is kept to a quarter of itself, at worst; a second's fraction is enough for any.
milliseconds tick_for(const ServerConfig& config) {
  const milliseconds shortest =
      std::min({config.header_timeout, config.body_timeout, config.idle_timeout, config.write_timeout,
                config.request_timeout, config.drain_timeout});
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

Worker::Worker(Context& context, int listener)
    : context_(context),
      work_(io_.get_executor()),
      listener_(io_, listener),
      tick_(io_),
      accept_pause_(io_),
      tick_interval_(tick_for(context.config)),
      mailbox_(std::make_shared<Mailbox>(io_)),
      read_buffer_(kReadBuffer, '\0') {}

Worker::~Worker() {
  mailbox_->close();
  join();
}

void Worker::start() {
  wait_for_client();
  wait_for_tick();
  const SignalsBlocked blocked;
  thread_ = std::thread([this] {
    base::name_this_thread("http");
    io_.run();
  });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::drain(base::SteadyTime deadline) {
  boost::asio::post(io_, [this, deadline] { begin_drain(deadline); });
}

void Worker::wait_for_client() {
  listener_.async_wait(Descriptor::wait_read, [this](const boost::system::error_code& ec) {
    if (!ec) accept_all();
  });
}

void Worker::accept_all() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    if (!accept_one()) return;
  }
  wait_for_client();
}

bool Worker::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const int fd = ::accept4(listener_.native_handle(), raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    admit(fd, ClientAddress::from(raw));
    return true;
  }
  const int error = errno;
  if (concerns_one_client(error)) return true;
  if (draining_) return false;
  if (error == EAGAIN || error == EWOULDBLOCK) {
    wait_for_client();
  } else {
    back_off(error);
  }
  return false;
}

void Worker::back_off(int error) {
  // The queue stays readable, so waiting for it would spin.
  const auto now = std::chrono::steady_clock::now();
  if (now - last_complaint_ > kComplainEvery) {
    last_complaint_ = now;
    base::log_line(base::Level::kError,
                   "Cannot accept connections: raise the limit of open files (ulimit -n) or add memory.",
                   {{"error", std::strerror(error)}});
  }
  accept_pause_.expires_after(kAcceptPause);
  accept_pause_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec && !draining_) accept_all();
  });
}

void Worker::admit(int fd, const ClientAddress& client) {
  const auto entry = context_.admission->enter();
  if (entry == Admission::Entry::kDrop) {
    ::close(fd);
    return;
  }
  const int family = client.known ? AF_INET6 : AF_UNIX;
  Socket socket(io_);
  boost::system::error_code ec;
  if (socket.assign(boost::asio::generic::stream_protocol(family, 0), fd, ec)) {
    ::close(fd);
    context_.admission->leave();
    return;
  }
  const auto connection = std::make_shared<Connection>(*this, std::move(socket), client);
  connection->slot = connections_.size();
  connections_.push_back(connection);
  if (context_.observer != nullptr) context_.observer->on_connection_opened();
  if (entry == Admission::Entry::kRefuse) return connection->start_refusing();
  connection->start();
}

void Worker::remove(Connection& connection) {
  const std::size_t slot = connection.slot;
  const std::shared_ptr<Connection> leaving = std::move(connections_[slot]);
  if (slot + 1 != connections_.size()) {
    connections_[slot] = std::move(connections_.back());
    connections_[slot]->slot = slot;
  }
  connections_.pop_back();
  context_.admission->leave();
  if (context_.observer != nullptr) context_.observer->on_connection_closed();
  if (draining_) boost::asio::post(io_, [this] { finish_if_drained(); });
}

void Worker::wait_for_tick() {
  tick_.expires_after(tick_interval_);
  tick_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec) on_tick();
  });
}

void Worker::on_tick() {
  const auto now = std::chrono::steady_clock::now();
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
  // A tick that was due when finish_if_drained cancelled it must not wind itself up again.
  if (!draining_ || !connections_.empty()) wait_for_tick();
}

void Worker::begin_drain(base::SteadyTime deadline) {
  // Who is in the queue already was promised a connection by the kernel.
  draining_ = true;
  while (accept_one()) {
  }
  boost::system::error_code ignored;
  static_cast<void>(listener_.close(ignored));
  accept_pause_.cancel();
  drain_deadline_ = deadline;
  for (std::size_t i = connections_.size(); i > 0; --i) {
    const std::shared_ptr<Connection> connection = connections_[i - 1];
    connection->drain();
  }
  finish_if_drained();
}

void Worker::finish_if_drained() {
  if (!draining_ || !connections_.empty()) return;
  mailbox_->close();
  tick_.cancel();
  work_.reset();
}

}  // namespace fanfinity::http
