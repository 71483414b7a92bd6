// http_ceiling: the least an HTTP server can do, as a measure for one that does something. One thread, epoll,
// one canned answer to whatever is asked. bench/README.md describes it.

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "bench/load/sockets.h"

namespace fanfinity::bench {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10U;
constexpr std::size_t kEvents = 256;
constexpr std::size_t kDescriptors = 60'000;
constexpr std::size_t kLargestHead = 64U << 10U;
constexpr std::string_view kAccepted =
    R"({"eventId":"550e8400-e29b-41d4-a716-446655440000","status":"accepted","timestamp":"2024-01-15T14:30:00.123Z"})";

volatile std::sig_atomic_t stopped = 0;

void stop(int) {
  stopped = 1;
}

/// As long as the service's own answer.
std::string canned_answer(int status, std::string_view body) {
  return fmt::format(
      "HTTP/1.1 {}\r\nDate: Mon, 15 Jan 2024 14:30:00 GMT\r\nContent-Type: application/json\r\n"
      "Content-Length: {}\r\nX-Request-Id: 0123456789abcdef0123456789abcdef\r\n\r\n{}",
      status == 200 ? "200 OK" : "202 Accepted", body.size(), body);
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const void* found = ::memmem(head.data(), head.size(), kName.data(), kName.size());
  if (found == nullptr) return 0;
  std::size_t length = 0;
  std::from_chars(static_cast<const char*>(found) + kName.size(), head.data() + head.size(), length);
  return length;
}

struct Connection {
  Descriptor socket;
  std::size_t body_left = 0;  // Of the request that is being read.
  std::string head;           // A head that came in part.
  std::string unsent;
};

class Server {
 public:
  explicit Server(std::string answer) : answer_(std::move(answer)), buffer_(kBufferBytes) {}

  base::Result<std::uint16_t> listen(std::uint16_t port) {
    auto listener = listen_on(port);
    if (!listener) return listener.error();
    listener_ = std::move(*listener);
    epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.open() || !watch(listener_.get(), EPOLLIN, EPOLL_CTL_ADD)) {
      return system_error("The port could not be watched");
    }
    return port_of(listener_);
  }

  /// Until a signal that `waiting` lets through has come.
  void serve(const sigset_t& waiting) {
    std::array<epoll_event, kEvents> events;  // NOLINT(*-member-init): the kernel fills what is looked at.
    while (stopped == 0) {
      const int ready = ::epoll_pwait(epoll_.get(), events.data(), kEvents, -1, &waiting);
      for (int i = 0; i < ready; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.fd == listener_.get()) {
          accept();
        } else {
          on_ready(event.data.fd, event.events);
        }
      }
    }
  }

 private:
  bool watch(int fd, std::uint32_t what, int how) {
    epoll_event interest{};
    interest.events = what;
    interest.data.fd = fd;
    return ::epoll_ctl(epoll_.get(), how, fd, &interest) == 0;
  }

  void accept() {
    while (true) {
      Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket.open()) return;
      const int fd = socket.get();
      if (!send_without_delay(socket) || !watch(fd, EPOLLIN, EPOLL_CTL_ADD)) continue;
      if (connections_.size() <= static_cast<std::size_t>(fd))
        connections_.resize(static_cast<std::size_t>(fd) + 1);
      connections_[static_cast<std::size_t>(fd)] = Connection{std::move(socket), 0, {}, {}};
    }
  }

  void on_ready(int fd, std::uint32_t what) {
    Connection& connection = connections_[static_cast<std::size_t>(fd)];
    if ((what & EPOLLOUT) != 0) {
      std::string unsent = std::move(connection.unsent);
      connection.unsent.clear();
      if (send(connection, unsent) && !watch(fd, EPOLLIN, EPOLL_CTL_MOD)) close(connection);
      return;
    }
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && would_block()) return;
    if (got <= 0) return close(connection);
    std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    if (!connection.head.empty()) {
      connection.head += bytes;
      const std::string held = std::move(connection.head);
      connection.head.clear();
      return answer(connection, held);
    }
    answer(connection, bytes);
  }

  void answer(Connection& connection, std::string_view bytes) {
    std::size_t requests = 0;
    while (true) {
      const std::size_t of_body = std::min(connection.body_left, bytes.size());
      const bool in_body = connection.body_left > 0;
      bytes.remove_prefix(of_body);
      connection.body_left -= of_body;
      if (in_body && connection.body_left == 0) ++requests;
      if (bytes.empty()) break;
      const auto* end = static_cast<const char*>(::memmem(bytes.data(), bytes.size(), "\r\n\r\n", 4));
      if (end == nullptr) {
        connection.head = bytes;
        if (bytes.size() > kLargestHead) return close(connection);
        break;
      }
      const auto head = static_cast<std::size_t>(end - bytes.data());
      connection.body_left = content_length(bytes.substr(0, head));
      bytes.remove_prefix(head + 4);
      if (connection.body_left == 0) ++requests;
    }
    if (requests == 1) {
      send(connection, answer_);
    } else if (requests > 1) {
      std::string answers;
      while (requests-- > 0) answers += answer_;
      send(connection, answers);
    }
  }

  /// False when something is left for later or the connection is gone.
  bool send(Connection& connection, std::string_view bytes) {
    if (!connection.unsent.empty()) {
      connection.unsent += bytes;
      return false;
    }
    const int fd = connection.socket.get();
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return true;
    if (sent < 0 && !would_block()) {
      close(connection);
      return false;
    }
    connection.unsent = bytes.substr(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    if (!watch(fd, EPOLLOUT, EPOLL_CTL_MOD)) close(connection);
    return false;
  }

  static void close(Connection& connection) { connection = Connection{}; }

  std::string answer_;
  std::vector<char> buffer_;
  Descriptor listener_;
  Descriptor epoll_;
  std::vector<Connection> connections_;  // By descriptor.
};

base::Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::Error{base::Errc::kNotFound, "The file of --body cannot be read: " + path};
  return std::string(std::istreambuf_iterator<char>(file), {});
}

base::Status serve(std::uint16_t port, int status, const std::string& body_file) {
  auto body = body_file.empty() ? base::Result(std::string(kAccepted)) : read_file(body_file);
  if (!body) return body.error();
  // The signal is let through only where it is waited for, else it could be missed.
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &blocked, &before) != 0) return system_error("Signals cannot be blocked");
  struct sigaction action{};
  action.sa_handler = stop;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  allow_descriptors(kDescriptors);
  Server server(canned_answer(status, *body));
  const auto listening = server.listen(port);
  if (!listening) return listening.error();
  fmt::print(R"({{"port":{}}})"
             "\n",
             *listening);
  std::fflush(stdout);
  server.serve(before);
  return {};
}

int main_of(int argc, char** argv) {
  CLI::App cli{"Answers every HTTP request with one canned response, as fast as one thread can."};
  std::uint16_t port = 0;
  int status = 202;
  std::string body;
  cli.add_option("--port", port, "Port of 127.0.0.1 to listen on; 0 takes any free one")
      ->capture_default_str();
  cli.add_option("--status", status, "Of the response")
      ->check(CLI::IsMember({200, 202}))
      ->capture_default_str();
  cli.add_option("--body", body, "File with the body of the response; else the answer of POST /api/events");
  CLI11_PARSE(cli, argc, argv);
  const auto served = serve(port, status, body);
  if (served) return 0;
  fmt::print(stderr, "http_ceiling: {}\n", served.error().detail);
  return 1;
}

}  // namespace
}  // namespace fanfinity::bench

int main(int argc, char** argv) {
  return fanfinity::bench::main_of(argc, argv);
}
