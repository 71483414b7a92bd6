#pragma once
// GET /api/matches/{matchId}/stream and /api/matches/stream: what the readers of metrics and of the list of
// matches poll for, pushed when it changes. What nobody watches is not read; what many watch is read once.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "api/matches.h"
#include "base/clock.h"
#include "http/broadcast.h"
#include "http/http.h"

namespace fanfinity::api {

struct MatchStreamsConfig {
  std::chrono::milliseconds interval{200};     ///< A topic is read, and its viewers told, at most so often.
  std::chrono::milliseconds heartbeat{5'000};  ///< After so long without a state.
  std::size_t max_topics = 20'000;             ///< Matches, and lengths of the list; beyond: 503.

  bool operator==(const MatchStreamsConfig&) const = default;
};

class MatchStreams {
 public:
  enum class Kind : std::uint8_t {
    kMatch,    ///< Its metrics.
    kAwaited,  ///< Those of a match that has no event yet; see awaited_metrics.
    kList,     ///< The first page of matches; named by its limit.
    kNamed     ///< The metrics of several matches; named by their ids, a line each.
  };
  static constexpr std::size_t kKinds = 4;
  /// Reads one topic; called on any thread, never blocks.
  using Read = std::function<void(Kind kind, const std::string& name, http::Responder respond)>;

  /// `clock` outlives the streams.
  MatchStreams(MatchStreamsConfig config, Read read, base::Clock& clock);
  ~MatchStreams();
  MatchStreams(const MatchStreams&) = delete;
  MatchStreams& operator=(const MatchStreams&) = delete;

  /// Looks after the topics on a thread of its own until the end.
  void start();
  /// What to follow for a topic, of any kind but kAwaited; null when there are too many. Any thread; never
  /// blocks.
  [[nodiscard]] std::shared_ptr<http::Broadcast> follow(Kind kind, const std::string& name);
  /// Reads what is due, sends heartbeats, forgets what nobody follows. Returns how long the next may wait.
  std::chrono::milliseconds round();
  [[nodiscard]] std::size_t topics() const;

 private:
  struct Topic;
  struct State;
  class Reading;
  using TopicPtr = std::shared_ptr<Topic>;

  void read(const TopicPtr& topic);

  const MatchStreamsConfig config_;
  const Read read_;
  base::Clock& clock_;
  std::shared_ptr<State> state_;  ///< Readings that are under way keep it.
  std::jthread thread_;
};

/// Matches that one stream may name.
inline constexpr std::size_t kMaxNamedMatches = 16;

/// Reads by the handlers of these routes, so that whoever polls and whoever streams share one read and see
/// the same bytes.
[[nodiscard]] MatchStreams::Read read_by(const http::Route& metrics, const http::Route& matches,
                                         const MatchPorts& ports);

[[nodiscard]] http::Route get_match_stream(MatchStreams& streams);
[[nodiscard]] http::Route get_matches_stream(MatchStreams& streams);

}  // namespace fanfinity::api
