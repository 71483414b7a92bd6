#include "http/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace fanfinity::http {
namespace {

using base::Errc;
using base::Error;
using base::Result;

constexpr int kFlags = SOCK_NONBLOCK | SOCK_CLOEXEC;

class OwnedSocket {
 public:
  explicit OwnedSocket(int socket) : socket_(socket) {}
  OwnedSocket(OwnedSocket&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  OwnedSocket& operator=(OwnedSocket&&) = delete;
  ~OwnedSocket() {
    if (socket_ >= 0) ::close(socket_);
  }
  [[nodiscard]] int get() const { return socket_; }
  [[nodiscard]] int release() { return std::exchange(socket_, -1); }

 private:
  int socket_;
};

bool set_option(int socket, int level, int name) {
  const int on = 1;
  return ::setsockopt(socket, level, name, &on, sizeof on) == 0;
}

Error cannot_listen(const std::string& where, int error) {
  if (error == EADDRINUSE) {
    return {Errc::kUnavailable, "Cannot listen on " + where +
                                    ": the port is in use. Stop the other program, or choose another port."};
  }
  if (error == EACCES) {
    return {Errc::kUnavailable,
            "Cannot listen on " + where +
                ": no permission. Ports below 1024 need CAP_NET_BIND_SERVICE; choose a higher one."};
  }
  if (error == EADDRNOTAVAIL) {
    return {Errc::kUnavailable,
            "Cannot listen on " + where +
                ": this machine does not have that address. Choose one it has, or 0.0.0.0."};
  }
  return {Errc::kUnavailable, "Cannot listen on " + where + ": " + std::strerror(error) + "."};
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (code != 0) {
    return Error{Errc::kInvalid, "Cannot listen on '" + host + "': " + ::gai_strerror(code) +
                                     ". Give an address of this machine, such as 127.0.0.1 or 0.0.0.0."};
  }
  return Addresses(list);
}

std::uint16_t bound_port(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
}

/// The first socket binds before it allows sharing, so a port that another program has is refused.
Result<OwnedSocket> listen_tcp(const sockaddr* address, socklen_t size, bool first,
                               const std::string& where) {
  OwnedSocket socket(::socket(address->sa_family, SOCK_STREAM | kFlags, 0));
  if (socket.get() < 0) return cannot_listen(where, errno);
  const bool ready = set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR) &&
                     (first || set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT)) &&
                     ::bind(socket.get(), address, size) == 0 &&
                     (!first || set_option(socket.get(), SOL_SOCKET, SO_REUSEPORT)) &&
                     set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY) &&  // Accepted sockets inherit it.
                     ::listen(socket.get(), SOMAXCONN) == 0;
  if (!ready) return cannot_listen(where, errno);
  return socket;
}

/// Removes a socket file that nobody listens at.
base::Status remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return {};
  if (!S_ISSOCK(info.st_mode)) {
    return Error{Errc::kUnavailable,
                 "Cannot listen on " + path +
                     ": a file that is no socket is there. Remove it, or choose another path."};
  }
  const OwnedSocket probe(::socket(AF_UNIX, SOCK_STREAM | kFlags, 0));
  const int code = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (code == 0 || errno != ECONNREFUSED) {
    return Error{Errc::kUnavailable, "Cannot listen on " + path +
                                         ": another process is using it. Stop it, or choose another path."};
  }
  if (::unlink(path.c_str()) != 0) return cannot_listen(path, errno);
  return {};
}

}  // namespace

Listeners& Listeners::operator=(Listeners&& other) noexcept {
  std::swap(sockets_, other.sockets_);
  port_ = other.port_;
  return *this;
}

Listeners::~Listeners() {
  for (const int socket : sockets_) ::close(socket);
}

int Listeners::take() {
  const int socket = sockets_.back();
  sockets_.pop_back();
  return socket;
}

Result<Listeners> Listeners::tcp(const std::string& host, std::uint16_t port, unsigned count) {
  auto addresses = resolve(host, port);
  if (!addresses.ok()) return addresses.error();
  const addrinfo& found = **addresses;
  sockaddr_storage address{};
  std::memcpy(&address, found.ai_addr, found.ai_addrlen);
  Listeners listeners;
  listeners.port_ = port;
  for (unsigned i = 0; i < count; ++i) {
    const std::string where = host + ":" + std::to_string(listeners.port_);
    auto socket = listen_tcp(reinterpret_cast<sockaddr*>(&address), found.ai_addrlen, i == 0, where);
    if (!socket.ok()) return socket.error();
    listeners.sockets_.push_back(socket->release());
    listeners.port_ = bound_port(listeners.sockets_.back());
    // The others get the port that the kernel chose for the first; it is at the same place in both families.
    reinterpret_cast<sockaddr_in&>(address).sin_port = htons(listeners.port_);
  }
  return listeners;
}

Result<Listeners> Listeners::unix_socket(const std::string& path, unsigned count) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{Errc::kInvalid, "The path of the unix socket is longer than " +
                                     std::to_string(sizeof address.sun_path - 1) + " bytes: " + path};
  }
  path.copy(address.sun_path, path.size());
  if (auto status = remove_stale(path, address); !status.ok()) return status.error();
  OwnedSocket socket(::socket(AF_UNIX, SOCK_STREAM | kFlags, 0));
  // The mode of the unbound socket is the mode of the file, so nobody gets in between bind and chmod.
  const bool ready = socket.get() >= 0 && ::fchmod(socket.get(), S_IRUSR | S_IWUSR) == 0 &&
                     ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     ::listen(socket.get(), SOMAXCONN) == 0;
  if (!ready) return cannot_listen(path, errno);
  Listeners listeners;
  listeners.sockets_.push_back(socket.release());
  while (listeners.sockets_.size() < count) {
    const int copy = ::fcntl(listeners.sockets_.front(), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return cannot_listen(path, errno);
    listeners.sockets_.push_back(copy);
  }
  return listeners;
}

}  // namespace fanfinity::http
