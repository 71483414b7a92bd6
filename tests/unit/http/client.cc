#include "unit/http/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace fanfinity::http::test {
namespace {

using std::chrono::steady_clock;

bool wait_for(int fd, short events) {
  const auto deadline = steady_clock::now() + kPatience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) {
      ADD_FAILURE() << "the server did nothing for " << kPatience.count() << " s";
      return false;
    }
    pollfd entry{fd, events, 0};
    if (::poll(&entry, 1, static_cast<int>(left)) > 0) return true;
  }
}

Reply parse_head(std::string_view head) {
  Reply reply;
  reply.status = std::stoi(std::string(head.substr(head.find(' ') + 1, 3)));
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.starts_with("\r\n")) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(": ");
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    EXPECT_FALSE(reply.headers.contains(name)) << name << " was sent twice";
    reply.headers[name] = std::string(line.substr(colon + 2));
    head.remove_prefix(line.size() + 2);
  }
  return reply;
}

}  // namespace

Client::Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  connect(port);
}

Client Client::over(int socket, std::uint16_t port) {
  Client client;
  client.fd_ = socket;
  client.connect(port);
  return client;
}

void Client::connect(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

Client::Client(const std::string& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) {
      if (errno != EAGAIN || !wait_for(fd_, POLLOUT)) return false;
      continue;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Client::send_byte_by_byte(std::string_view bytes) {
  for (const char& byte : bytes) ASSERT_TRUE(send({&byte, 1}));
}

bool Client::fill() {
  if (!wait_for(fd_, POLLIN)) return false;
  std::array<char, 65536> chunk;
  const ssize_t count = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (count <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<Reply> Client::read(bool head) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (fill()) continue;
    EXPECT_EQ(buffer_, "") << "the connection ended within a reply";
    return std::nullopt;
  }
  Reply reply = parse_head(std::string_view(buffer_).substr(0, end + 4));
  buffer_.erase(0, end + 4);
  if (head || !reply.headers.contains("content-length")) return reply;
  reply.body = read_raw(std::stoul(reply.header("content-length")));
  return reply;
}

std::string Client::read_raw(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  const std::string bytes = buffer_.substr(0, count);
  EXPECT_EQ(bytes.size(), count) << "the connection ended early";
  buffer_.erase(0, count);
  return bytes;
}

Reply Client::ask(std::string_view bytes) {
  send(bytes);
  auto reply = read();
  if (reply) return *reply;
  ADD_FAILURE() << "no reply to " << bytes.substr(0, 200);
  return {};
}

bool Client::closed() {
  const bool more = buffer_.empty() && fill();
  EXPECT_EQ(buffer_, "");
  return !more && buffer_.empty();
}

bool Client::silent() {
  pollfd entry{fd_, POLLIN, 0};
  return buffer_.empty() && ::poll(&entry, 1, 0) == 0;
}

void Client::half_close() {
  ::shutdown(fd_, SHUT_WR);
}

void Client::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(std::exchange(fd_, -1));
}

void Client::shrink_receive_buffer() {
  const int size = 4096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

std::string get(std::string_view target, std::string_view more_headers) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n";
}

std::string post(std::string_view target, std::string_view body, std::string_view more_headers) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more_headers) + "\r\n" + std::string(body);
}

}  // namespace fanfinity::http::test
