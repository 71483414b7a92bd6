#pragma once
// Connections that are open and do nothing: the audience between two requests.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/load/sockets.h"

namespace fanfinity::bench {

/// Held by processes of their own, so that they take no descriptors and no time from who measures; each holds
/// as many as it may and has a source address of its own. Open them before threads are started.
class IdleConnections {
 public:
  IdleConnections() = default;
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;
  /// Closes them.
  ~IdleConnections();

  /// Opens `count`; each has had one answer to `GET path` and rests after it.
  [[nodiscard]] base::Status open(std::uint16_t port, std::size_t count, const std::string& path);
  /// How many the service has not closed meanwhile.
  [[nodiscard]] base::Result<std::size_t> still_open();

 private:
  struct Holder {
    pid_t process = -1;
    Descriptor channel;
  };
  std::vector<Holder> holders_;
};

}  // namespace fanfinity::bench
