#pragma once
// `fanfinity replay FILE`: sends a file of events (NDJSON, one a line) to a server over HTTP, paced by
// the events' own timestamps or as fast as the server answers, and repeats each until it is accepted.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/response_times.h"

namespace fanfinity::tools {

inline constexpr std::size_t kMaxReplayBatch = 10'000;  ///< What the server takes in one batch.
inline constexpr int kMaxReplayConcurrency = 1024;

struct ReplayConfig {
  std::string file;                           ///< A path, or "-" for standard input.
  std::string url = "http://127.0.0.1:8080";  ///< The server's root.
  std::optional<double> speed;                ///< Times real time by event timestamps; empty: no pacing.
  int concurrency = 16;                       ///< Connections, and requests under way at once.
  std::string api_key;                        ///< Sent as `Authorization: Bearer`; empty: none.
  std::size_t batch = 0;                      ///< Up to this many events a request; 0: one, to /api/events.
  std::optional<bool> progress;               ///< Empty: when standard error is a terminal.
  std::chrono::milliseconds request_timeout{30'000};  ///< Then the request counts as unanswered.
};

/// "60", "60x", "0.5", or "max" (an empty optional). The error is a sentence for the command line.
[[nodiscard]] base::Result<std::optional<double>> parse_speed(std::string_view text);

struct ReplaySummary {
  std::uint64_t read = 0;      ///< Events read from the file; blank lines do not count.
  std::uint64_t sent = 0;      ///< Of them, posted at least once.
  std::uint64_t accepted = 0;  ///< Answered 202.
  std::uint64_t rejected = 0;  ///< Definitely refused by the server, or longer than any event may be.
  std::uint64_t retries = 0;   ///< Requests sent again.
  std::chrono::nanoseconds elapsed{0};
  /// One sample an accepted request: from its first attempt to its 202, waits between attempts included.
  domain::ResponseTimes acknowledgements;
  std::chrono::nanoseconds slowest{0};
  bool interrupted = false;
  std::string failure;  ///< Why the run ended early; empty when it did not.

  [[nodiscard]] bool complete() const { return failure.empty() && !interrupted && accepted == read; }
};

/// Runs until every event is accepted or definitely rejected, `stop` is requested (requests under way
/// get two seconds to be answered), or the server turns out not to take events at all (401, 403, 404,
/// 405, a redirect). Retries everything else without end, with back-off. Memory does not grow with the file.
/// Progress and rejected lines go to `err`. An error (kInvalid, kNotFound) means that nothing was sent.
[[nodiscard]] base::Result<ReplaySummary> run_replay(const ReplayConfig& config, std::stop_token stop,
                                                     std::FILE* err);

/// The whole command: `run_replay` with the summary on standard output. SIGINT and SIGTERM end it early
/// with the summary, a second one at once. The exit code: 0 when every event was accepted, else 1.
[[nodiscard]] int replay(const ReplayConfig& config);

}  // namespace fanfinity::tools
