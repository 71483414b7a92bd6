#include "bench/load/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

namespace fanfinity::bench {
namespace {

constexpr int kBacklog = 4096;

sockaddr_in loopback(std::uint16_t port, unsigned after_first = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + after_first);
  return address;
}

template <int Level, int Name>
bool set_option(int fd) {
  const int on = 1;
  return ::setsockopt(fd, Level, Name, &on, sizeof on) == 0;
}

// The socket calls take every family's address by the same type.
const sockaddr* general(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

base::Error system_error(const char* what) {
  return {base::Errc::kUnavailable, std::string(what) + ": " + std::strerror(errno) + "."};
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

base::Result<Descriptor> listen_on(std::uint16_t port) {
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener.open()) return system_error("A socket could not be made");
  set_option<SOL_SOCKET, SO_REUSEADDR>(listener.get());
  const sockaddr_in address = loopback(port);
  if (::bind(listener.get(), general(address), sizeof address) != 0) {
    return system_error("The port could not be taken (choose another with --port)");
  }
  if (::listen(listener.get(), kBacklog) != 0) return system_error("The socket does not listen");
  return listener;
}

base::Result<std::uint16_t> port_of(const Descriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return system_error("The port of the socket is not known");
  }
  return ntohs(address.sin_port);
}

base::Result<Descriptor> connect_to(std::uint16_t port, unsigned source) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return system_error("A socket could not be made (raise `ulimit -n`)");
  const int fd = socket.get();
  // The port is chosen when the other end is known, so two connections may share it.
  set_option<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT>(fd);
  const sockaddr_in from = loopback(0, source);
  if (source > 0 && ::bind(fd, general(from), sizeof from) != 0) {
    return system_error("A source address of the loopback network could not be taken");
  }
  const sockaddr_in to = loopback(port);
  if (::connect(fd, general(to), sizeof to) != 0) {
    return system_error("The service could not be reached (is it running on this --port?)");
  }
  if (!send_without_delay(socket) || ::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    return system_error("A connection could not be prepared");
  }
  return socket;
}

bool send_without_delay(const Descriptor& socket) {
  return set_option<IPPROTO_TCP, TCP_NODELAY>(socket.get());
}

std::size_t allow_descriptors(std::size_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur >= count) return limit.rlim_cur;
  // Beyond the hard limit only for who may raise it.
  const rlimit raised{count, std::max<rlim_t>(limit.rlim_max, count)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) return count;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, count);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace fanfinity::bench
