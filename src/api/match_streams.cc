#include "api/match_streams.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/stream_topic.h"
#include "base/thread_name.h"

namespace fanfinity::api {
namespace {

using std::chrono::milliseconds;

// How exactly the interval is kept.
constexpr int kRoundsAnInterval = 8;
constexpr milliseconds kShortestRound{5};
// A match may be watched for hours before it begins.
constexpr milliseconds kAwaitedInterval{1'000};
// Reads under way of each kind: live matches fill each thread of the view cache once, and what anybody can
// make up (matches that do not exist, odd lengths of the list, sets of matches) never keeps them waiting for
// long.
constexpr std::array<std::size_t, MatchStreams::kKinds> kMostReads{128, 32, 2, 8};
constexpr milliseconds kFirstBackOff{200};
constexpr milliseconds kLongestBackOff{5'000};

std::size_t index_of(MatchStreams::Kind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

/// Guarded by State::mutex.
struct MatchStreams::Topic {
  Topic(Kind topic_kind, std::string topic_name, base::SteadyTime now)
      : kind(topic_kind),
        name(std::move(topic_name)),
        broadcast(std::make_shared<http::Broadcast>()),
        next_read(now),
        told_at(now) {}

  /// True when its viewers were told of a new state.
  bool show(const Snapshot& snapshot, http::FramePtr frame) {
    as_of = snapshot.as_of;
    if (snapshot.state == state) {
      if (state != 0) broadcast->replace(std::move(frame));
      return false;
    }
    state = snapshot.state;
    broadcast->publish(std::move(frame));
    return state != 0;
  }

  Kind kind;
  std::string name;
  std::shared_ptr<http::Broadcast> broadcast;
  bool reading = false;
  bool settled = false;  ///< Has been read, or could not be.
  bool store_available = true;
  base::SteadyTime next_read;
  base::SteadyTime told_at;  ///< When a state or heartbeat was sent last.
  std::uint64_t state = 0;
  std::string as_of;
};

struct MatchStreams::State {
  State(MatchStreamsConfig state_config, base::Clock& state_clock)
      : config(state_config), clock(state_clock) {}

  void settle(Topic& topic, const http::Response& response);
  void settle_state(Topic& topic, const Snapshot& snapshot, http::FramePtr frame);
  void settle_failure(Topic& topic);
  void beat_if_due(Topic& topic, base::SteadyTime now) const;
  [[nodiscard]] bool may_read(const Topic& topic, base::SteadyTime now) const;
  /// As the last read of any topic found it.
  [[nodiscard]] bool store_available() const { return back_off == milliseconds::zero(); }
  void begin_read(Topic& topic, base::SteadyTime now);

  const MatchStreamsConfig config;
  base::Clock& clock;
  mutable std::mutex mutex;
  std::unordered_map<std::string, TopicPtr> topics;
  std::array<std::size_t, kKinds> reads{};
  base::SteadyTime not_before;  ///< The store has failed: nothing is read until then.
  milliseconds back_off{0};
};

/// One read of a topic; its answer may come on any thread.
class MatchStreams::Reading final : public http::Responder::Sink {
 public:
  Reading(std::shared_ptr<State> state, TopicPtr topic)
      : state_(std::move(state)), topic_(std::move(topic)) {}
  ~Reading() override {
    if (!answered_) state_->settle(*topic_, http::problem(500, "Nobody answered."));
  }
  void respond(http::Response response) override {
    answered_ = true;
    state_->settle(*topic_, response);
  }

 private:
  std::shared_ptr<State> state_;
  TopicPtr topic_;
  bool answered_ = false;
};

bool MatchStreams::State::may_read(const Topic& topic, base::SteadyTime now) const {
  return !topic.reading && topic.next_read <= now && not_before <= now &&
         reads[index_of(topic.kind)] < kMostReads[index_of(topic.kind)];
}

void MatchStreams::State::begin_read(Topic& topic, base::SteadyTime now) {
  topic.reading = true;
  topic.next_read = now + config.interval;
  ++reads[index_of(topic.kind)];
}

void MatchStreams::State::settle(Topic& topic, const http::Response& response) {
  const std::string_view body = response.shared_body ? *response.shared_body : response.body;
  // With a cause it is an older answer in place of one that could not be read.
  const bool read = response.status == 200 && response.cause.empty();
  const auto snapshot = read ? parse_snapshot(body) : std::nullopt;
  http::FramePtr frame = snapshot && snapshot->state != 0 ? state_frame(body, snapshot->state) : nullptr;
  const std::lock_guard lock(mutex);
  topic.reading = false;
  --reads[index_of(topic.kind)];
  if (snapshot) return settle_state(topic, *snapshot, std::move(frame));
  if (response.status == 404 && topic.kind == Kind::kMatch) {
    topic.kind = Kind::kAwaited;
    topic.next_read = {};
    return;
  }
  settle_failure(topic);
}

void MatchStreams::State::settle_state(Topic& topic, const Snapshot& snapshot, http::FramePtr frame) {
  const auto now = clock.steady();
  not_before = {};
  back_off = {};
  if (topic.kind == Kind::kAwaited && snapshot.state != 0) topic.kind = Kind::kMatch;
  if (topic.kind == Kind::kAwaited) topic.next_read = std::max(topic.next_read, now + kAwaitedInterval);
  const bool told = topic.show(snapshot, std::move(frame));
  const bool news = !std::exchange(topic.settled, true) | !std::exchange(topic.store_available, true);
  if (told) topic.told_at = now;
  topic.broadcast->replace_heartbeat(heartbeat_frame(topic.as_of, true));
  if (news && !told) topic.told_at = now - config.heartbeat;
  beat_if_due(topic, now);
}

void MatchStreams::State::settle_failure(Topic& topic) {
  const auto now = clock.steady();
  if (not_before <= now) {
    back_off = std::clamp(back_off * 2, kFirstBackOff, kLongestBackOff);
    not_before = now + back_off;
  }
  topic.settled = true;
  if (std::exchange(topic.store_available, false)) topic.told_at = now - config.heartbeat;
  beat_if_due(topic, now);
}

void MatchStreams::State::beat_if_due(Topic& topic, base::SteadyTime now) const {
  if (now - topic.told_at < config.heartbeat) return;
  topic.told_at = now;
  // A topic that waits long for its first read waits because the store is slow or away.
  const bool available = topic.settled && topic.store_available && store_available();
  topic.broadcast->beat(heartbeat_frame(topic.as_of, available));
}

MatchStreams::MatchStreams(MatchStreamsConfig config, Read read, base::Clock& clock)
    : config_(config),
      read_(std::move(read)),
      clock_(clock),
      state_(std::make_shared<State>(config, clock)) {}

MatchStreams::~MatchStreams() = default;

void MatchStreams::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    base::name_this_thread("streams");
    while (clock_.wait_for(stop, round())) {
    }
  });
}

std::shared_ptr<http::Broadcast> MatchStreams::follow(Kind kind, const std::string& name) {
  const std::string key = std::to_string(index_of(kind)) + name;
  TopicPtr topic;
  std::shared_ptr<http::Broadcast> broadcast;
  {
    const std::lock_guard lock(state_->mutex);
    const auto now = clock_.steady();
    const auto found = state_->topics.find(key);
    if (found != state_->topics.end()) return found->second->broadcast;
    if (state_->topics.size() >= config_.max_topics) return nullptr;
    topic = std::make_shared<Topic>(kind, name, now);
    state_->topics.emplace(key, topic);
    broadcast = topic->broadcast;
    if (!state_->store_available()) broadcast->replace_heartbeat(heartbeat_frame({}, false));
    if (!state_->may_read(*topic, now)) return broadcast;
    state_->begin_read(*topic, now);
  }
  // Whoever comes first does not wait for the next round.
  read(topic);
  return broadcast;
}

void MatchStreams::read(const TopicPtr& topic) {
  // A topic's kind changes only when a read of it ends, and none is under way but this.
  read_(topic->kind, topic->name, http::Responder(std::make_shared<Reading>(state_, topic)));
}

milliseconds MatchStreams::round() {
  std::vector<TopicPtr> due;
  {
    const std::lock_guard lock(state_->mutex);
    const auto now = clock_.steady();
    // Only the map refers to it, and who could come to follow it waits for the mutex.
    std::erase_if(state_->topics, [](const auto& entry) {
      return !entry.second->reading && entry.second->broadcast.use_count() == 1;
    });
    if (state_->topics.empty()) return config_.interval;
    for (const auto& [key, topic] : state_->topics) {
      state_->beat_if_due(*topic, now);
      if (state_->may_read(*topic, now)) due.push_back(topic);
    }
    // Who has waited longest is first when there are more than can be read at once.
    std::sort(due.begin(), due.end(),
              [](const TopicPtr& a, const TopicPtr& b) { return a->next_read < b->next_read; });
    std::erase_if(due, [&](const TopicPtr& topic) {
      if (!state_->may_read(*topic, now)) return true;
      state_->begin_read(*topic, now);
      return false;
    });
  }
  for (const TopicPtr& topic : due) read(topic);
  return std::max(config_.interval / kRoundsAnInterval, kShortestRound);
}

std::size_t MatchStreams::topics() const {
  const std::lock_guard lock(state_->mutex);
  return state_->topics.size();
}

}  // namespace fanfinity::api
