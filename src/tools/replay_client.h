#pragma once
// The HTTP side of replay: one connection, what an answer means, and how long to wait before the next try.

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "tools/replay.h"

namespace fanfinity::tools {

struct Answer {
  int status = 0;                       ///< 0: no answer came.
  std::chrono::seconds retry_after{0};  ///< 0: not given.
  std::string body;                     ///< The first 8 MiB.
  std::string error;                    ///< Why no answer came.
};

/// One keep-alive connection. Not thread-safe: one a thread.
class ReplayClient {
 public:
  explicit ReplayClient(const ReplayConfig& config);
  ~ReplayClient();
  ReplayClient(const ReplayClient&) = delete;
  ReplayClient& operator=(const ReplayClient&) = delete;

  /// Posts to /api/events, or to /api/events/batch as NDJSON when config.batch > 0. Once `stop` is
  /// requested the server has two more seconds to answer.
  [[nodiscard]] Answer post(std::string_view body, const std::stop_token& stop);

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

enum class Verdict : std::uint8_t {
  kAccepted,
  kRejected,   ///< These events are refused for good; others may pass.
  kRetry,      ///< May or may not be stored: the same again, later.
  kNoService,  ///< This server takes no events from us at all.
};

[[nodiscard]] Verdict judge(int status);
/// For kRetry and kNoService: one sentence on what the server said, or that it said nothing.
[[nodiscard]] std::string explain(const Answer& answer, const std::string& url);

/// Doubling waits with jitter (half to whole), from 100 ms to 5 s; never less than the server asked for (up
/// to 60 s).
class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::chrono::milliseconds next(std::chrono::seconds retry_after);
  void reset() { attempt_ = 0; }

 private:
  std::mt19937_64 random_;
  unsigned attempt_ = 0;
};

/// One refused event: its place in the request and why.
struct Refusal {
  std::size_t index = 0;
  std::string detail;
};

/// What an answer of kAccepted or kRejected to a request of `events` events refuses.
[[nodiscard]] std::vector<Refusal> refusals(const Answer& answer, std::size_t events);

}  // namespace fanfinity::tools
