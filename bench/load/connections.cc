#include "bench/load/connections.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <ctime>
#include <utility>

namespace fanfinity::bench {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;
constexpr std::size_t kEvents = 256;

bool all_accepted(const Outcome& outcome, const ResponseReader& reader) {
  if (reader.status() != 202) return false;
  return outcome.events <= 1 || reader.body().find(R"("rejected":0,)") != std::string_view::npos;
}

}  // namespace

base::Status Connections::open(std::uint16_t port, std::size_t count, Finished finished) {
  port_ = port;
  finished_ = std::move(finished);
  buffer_.resize(kBufferBytes);
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.open()) return system_error("An epoll instance could not be made");
  connections_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto connected = connect(i); !connected) return connected;
  }
  return {};
}

base::Status Connections::connect(std::size_t index) {
  Connection& connection = connections_[index];
  auto socket = connect_to(port_);
  if (!socket) return socket.error();
  connection.socket = std::move(*socket);
  connection.reader.reset();
  connection.unsent.clear();
  // Edge-triggered: a ready connection is not looked at again by the kernel after it was read.
  epoll_event interest{};
  interest.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  interest.data.u64 = index;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.socket.get(), &interest) != 0) {
    return system_error("A connection could not be watched");
  }
  return {};
}

void Connections::start(std::size_t index, const Request& request, Clock::time_point due,
                        Clock::time_point now, std::uint64_t tag) {
  Connection& connection = connections_[index];
  connection.busy = true;
  connection.outcome = {0, false, request.first_id, request.events, tag, due, now};
  ++under_way_;
  const ssize_t sent = ::send(connection.socket.get(), request.bytes.data(), request.bytes.size(),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  // A connection that is broken says so to epoll as well.
  const std::size_t gone = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (gone == request.bytes.size()) return;
  connection.unsent = request.bytes.substr(gone);
  connection.sent = 0;
}

void Connections::flush(Connection& connection) {
  while (connection.sent < connection.unsent.size()) {
    const ssize_t sent = ::send(connection.socket.get(), connection.unsent.data() + connection.sent,
                                connection.unsent.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return;
    connection.sent += static_cast<std::size_t>(sent);
  }
  connection.unsent.clear();
}

base::Status Connections::wait(Clock::time_point deadline) {
  std::array<epoll_event, kEvents> events;  // NOLINT(*-member-init): the kernel fills what is looked at.
  const auto left = deadline - Clock::now();
  timespec timeout{};
  if (left.count() > 0) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    timeout = {seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
  }
  const int ready = ::epoll_pwait2(epoll_.get(), events.data(), kEvents, &timeout, nullptr);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (const auto done = on_ready(event.data.u64, event.events); !done) return done;
  }
  return {};
}

base::Status Connections::on_ready(std::size_t index, std::uint32_t what) {
  Connection& connection = connections_[index];
  if (!connection.unsent.empty()) flush(connection);
  if ((what & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP)) == 0) return {};
  while (true) {
    const ssize_t got = ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && would_block()) return {};
    if (got <= 0) return finish(index, 0, true);
    const auto size = static_cast<std::size_t>(got);
    switch (connection.reader.take({buffer_.data(), size})) {
      case ResponseReader::Progress::kMalformed:
        return finish(index, 0, true);
      case ResponseReader::Progress::kDone:
        return finish(index, connection.reader.status(),
                      connection.reader.closes() || (what & (EPOLLRDHUP | EPOLLHUP)) != 0);
      case ResponseReader::Progress::kMore:
        // Less than was asked for is all there was; more brings another edge. The end of the stream may have
        // come with it, though.
        if (size < buffer_.size() && (what & (EPOLLRDHUP | EPOLLHUP)) == 0) return {};
    }
  }
}

/// Ends the request under way, if there is one, and makes a new connection of one that was closed.
base::Status Connections::finish(std::size_t index, int status, bool closed) {
  Connection& connection = connections_[index];
  const auto now = Clock::now();
  const bool was_busy = std::exchange(connection.busy, false);
  Outcome outcome = connection.outcome;
  outcome.status = status;
  outcome.accepted = was_busy && status != 0 && all_accepted(outcome, connection.reader);
  if (closed) {
    if (const auto connected = connect(index); !connected) return connected;
  }
  if (!was_busy) return {};
  --under_way_;
  finished_(index, outcome, now);
  return {};
}

}  // namespace fanfinity::bench
