#pragma once
// Listening sockets.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace fanfinity::http {

/// Sockets that listen at one address, one for each thread. Closes those that nobody took.
class Listeners {
 public:
  Listeners() = default;
  Listeners(Listeners&& other) noexcept : sockets_(std::exchange(other.sockets_, {})), port_(other.port_) {}
  Listeners& operator=(Listeners&& other) noexcept;
  ~Listeners();

  /// SO_REUSEPORT sockets: the kernel spreads connections over them. Refuses a port that any other
  /// socket listens at, although SO_REUSEPORT alone would share it.
  [[nodiscard]] static base::Result<Listeners> tcp(const std::string& host, std::uint16_t port,
                                                   unsigned count);
  /// One socket under several descriptors. Replaces the file of a server that is gone.
  [[nodiscard]] static base::Result<Listeners> unix_socket(const std::string& path, unsigned count);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The caller owns it from then on.
  [[nodiscard]] int take();

 private:
  std::vector<int> sockets_;
  std::uint16_t port_ = 0;
};

}  // namespace fanfinity::http
