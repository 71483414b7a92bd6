#pragma once
// Hand-written fakes of the ports that handlers use, and a responder that keeps what it was given.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/observer.h"
#include "base/rfc3339.h"
#include "http/http.h"
#include "log/log.h"
#include "store/store.h"

namespace fanfinity::api {

class FakeProducer final : public log::Producer {
 public:
  void append(log::Stream stream, std::vector<log::Record> records, Done done) override {
    const std::lock_guard lock(mutex_);
    if (!hold_) {
      if (answer.ok()) appended.insert(appended.end(), records.begin(), records.end());
      done(answer.ok()
               ? base::Result<Ack>(Ack{{stream, {}, log::Offset{static_cast<std::int64_t>(appended.size())}}})
               : base::Result<Ack>(answer.error()));
      return;
    }
    held_.emplace_back(std::move(done));
  }
  base::Status health() const override { return answer; }
  std::uint32_t partitions(log::Stream) const override { return 1; }

  void hold() { hold_ = true; }
  void release() {
    for (auto& done : std::exchange(held_, {})) done(Ack{});
  }

  base::Status answer;
  std::vector<log::Record> appended;

 private:
  std::mutex mutex_;
  bool hold_ = false;
  std::vector<Done> held_;
};

class CountingObserver final : public Observer {
 public:
  void on_ingested(domain::EventType, Known known) override {
    ++ingested;
    if (known == Known::kSame) ++known_same;
    if (known == Known::kDifferent) ++known_different;
  }
  void on_rejected(std::uint64_t events) override { rejected += events; }
  void on_not_durable(std::uint64_t events) override { not_durable += events; }
  void on_from_the_future(std::uint64_t events) override { from_the_future += events; }
  void on_view(bool from_memory) override { ++(from_memory ? views_from_memory : views_from_store); }

  std::uint64_t ingested = 0;
  std::uint64_t known_same = 0;
  std::uint64_t known_different = 0;
  std::uint64_t rejected = 0;
  std::uint64_t not_durable = 0;
  std::uint64_t from_the_future = 0;
  std::atomic<std::uint64_t> views_from_memory{0};
  std::atomic<std::uint64_t> views_from_store{0};
};

/// Keeps the answers in the order they came; `wait` blocks for the next with a deadline.
class Answers final : public http::Responder::Sink {
 public:
  void respond(http::Response response) override {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(response));
    changed_.notify_all();
  }
  [[nodiscard]] http::Response wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !answers_.empty(); })) return {};
    http::Response first = std::move(answers_.front());
    answers_.pop_front();
    return first;
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return answers_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<http::Response> answers_;
};

/// A clock that stands still until it is moved; waits end when they are stopped.
class FakeClock final : public base::Clock {
 public:
  base::Timestamp now() const override { return now_; }
  base::SteadyTime steady() const override { return steady_; }
  bool wait_for(std::stop_token stop, std::chrono::milliseconds) override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, stop, [] { return false; });
    return false;
  }
  void advance(std::chrono::milliseconds by) {
    now_ += by;
    steady_ += by;
  }

 private:
  base::Timestamp now_ = *base::parse_rfc3339("2024-01-15T14:30:00Z");
  base::SteadyTime steady_{std::chrono::hours(1)};
};

inline std::string body_of(const http::Response& response) {
  return response.shared_body ? *response.shared_body : response.body;
}

}  // namespace fanfinity::api
