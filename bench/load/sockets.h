#pragma once
// Sockets of this machine, for tools that talk HTTP without a library.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/result.h"

namespace fanfinity::bench {

/// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Listens on 127.0.0.1. `port` 0 takes any free one.
[[nodiscard]] base::Result<Descriptor> listen_on(std::uint16_t port);
[[nodiscard]] base::Result<std::uint16_t> port_of(const Descriptor& listener);

/// Connects to a port of 127.0.0.1, from 127.0.0.1 or the `source`-th address after it: each has ports of its
/// own. Without Nagle's delay; does not block from then on.
[[nodiscard]] base::Result<Descriptor> connect_to(std::uint16_t port, unsigned source = 0);

/// Turns Nagle's delay off.
[[nodiscard]] bool send_without_delay(const Descriptor& socket);

/// Lets this process have `count` descriptors, or as many as it may; how many those are.
std::size_t allow_descriptors(std::size_t count);

/// True when the call that failed may be repeated once the socket is ready again.
[[nodiscard]] bool would_block();

/// "WHAT: the system's reason."
[[nodiscard]] base::Error system_error(const char* what);

}  // namespace fanfinity::bench
