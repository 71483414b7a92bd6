#pragma once
// Keep-alive connections of one thread, each with at most one request under way.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/load/request_maker.h"
#include "bench/load/response_reader.h"
#include "bench/load/sockets.h"

namespace fanfinity::bench {

using Clock = std::chrono::steady_clock;

/// How a request ended.
struct Outcome {
  int status = 0;         ///< 0: the connection broke, or what came was no response.
  bool accepted = false;  ///< 202, and of a batch all of its events.
  std::uint64_t first_id = 0;
  std::uint32_t events = 0;
  std::uint64_t tag = 0;  ///< As given to `start`.
  Clock::time_point due;
  Clock::time_point sent;
};

/// One thread.
class Connections {
 public:
  /// Told of a request's end. May start the next one on the same connection. `now` is when the response was
  /// read.
  using Finished = std::function<void(std::size_t connection, const Outcome&, Clock::time_point now)>;

  [[nodiscard]] base::Status open(std::uint16_t port, std::size_t count, Finished finished);

  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] std::size_t under_way() const { return under_way_; }

  /// Sends on a connection that has no request under way. `due` and `tag` come back with the outcome.
  void start(std::size_t connection, const Request& request, Clock::time_point due, Clock::time_point now,
             std::uint64_t tag);

  /// Waits until something can be done, at most until `deadline`, and does it. Fails when the service cannot
  /// be reached any more.
  [[nodiscard]] base::Status wait(Clock::time_point deadline);

 private:
  struct Connection {
    Descriptor socket;
    ResponseReader reader;
    std::string unsent;
    std::size_t sent = 0;  // Of `unsent`.
    bool busy = false;
    Outcome outcome;
  };

  base::Status connect(std::size_t index);
  base::Status on_ready(std::size_t index, std::uint32_t what);
  base::Status finish(std::size_t index, int status, bool closed);
  void flush(Connection& connection);

  std::uint16_t port_ = 0;
  Finished finished_;
  Descriptor epoll_;
  std::vector<Connection> connections_;
  std::vector<char> buffer_;
  std::size_t under_way_ = 0;
};

}  // namespace fanfinity::bench
