#pragma once
// A small HTTP/1.1 server on a free port of 127.0.0.1: a thread a connection, raw sockets, answers by a
// function.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fanfinity::tools {

struct SeenRequest {
  std::string head;  ///< Request line and headers.
  std::string body;
};

struct PlannedAnswer {
  int status = 202;
  std::string headers;  ///< Each with its line end.
  std::string body = "{}";
};

class HttpTestServer {
 public:
  /// Called on many threads. Empty: the connection is cut without an answer.
  using Plan = std::function<std::optional<PlannedAnswer>(const SeenRequest&)>;

  explicit HttpTestServer(Plan plan) : plan_(std::move(plan)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 128) != 0) std::abort();
    ::getsockname(listener_, generic, &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }

  ~HttpTestServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      std::lock_guard lock(mutex_);
      for (const int connection : open_) ::shutdown(connection, SHUT_RDWR);
    }
    connections_.clear();
    ::close(listener_);
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void accept_all() {
    for (;;) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      std::lock_guard lock(mutex_);
      open_.push_back(connection);
      connections_.emplace_back([this, connection] { serve(connection); });
    }
  }

  void serve(int connection) {
    std::string pending;
    while (auto request = read_request(connection, pending)) {
      const auto answer = plan_(*request);
      if (!answer) break;
      const std::string text = "HTTP/1.1 " + std::to_string(answer->status) +
                               " Planned\r\nContent-Length: " + std::to_string(answer->body.size()) + "\r\n" +
                               answer->headers + "\r\n" + answer->body;
      if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
    }
    std::lock_guard lock(mutex_);
    std::erase(open_, connection);
    ::close(connection);
  }

  static std::optional<SeenRequest> read_request(int connection, std::string& pending) {
    char chunk[16 * 1024];
    for (;;) {
      const std::size_t head = pending.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t length = content_length(std::string_view(pending).substr(0, head + 2));
        if (pending.size() >= head + 4 + length) {
          SeenRequest request{pending.substr(0, head + 2), pending.substr(head + 4, length)};
          pending.erase(0, head + 4 + length);
          return request;
        }
      }
      const ssize_t got = ::recv(connection, chunk, sizeof(chunk), 0);
      if (got <= 0) return std::nullopt;
      pending.append(chunk, static_cast<std::size_t>(got));
    }
  }

  static std::size_t content_length(std::string_view head) {
    const std::string_view name = "Content-Length: ";
    const std::size_t at = head.find(name);
    return at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + name.size(), 12)));
  }

  Plan plan_;
  int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::jthread> connections_;
  std::jthread acceptor_;
};

}  // namespace fanfinity::tools
