#include "api/view_cache.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <utility>

namespace fanfinity::api {

/// What is kept of a response: its parts without the per-request hook.
struct ViewCache::Answer {
  int status = 200;
  std::string_view content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;
  base::SteadyTime loaded_at;

  [[nodiscard]] http::Response response() const {
    http::Response copy;
    copy.status = status;
    copy.content_type = content_type;
    copy.headers = headers;
    copy.shared_body = body;
    return copy;
  }
};

struct ViewCache::Entry {
  std::string key;
  std::optional<Answer> answer;
  std::vector<http::Responder> waiters;
  bool loading = false;
};

struct ViewCache::Threads {
  explicit Threads(unsigned count) : pool(count) {}
  boost::asio::thread_pool pool;
};

ViewCache::ViewCache(ViewCacheConfig config, base::Clock& clock)
    : config_(config), clock_(clock), threads_(std::make_unique<Threads>(config.threads)) {}

ViewCache::~ViewCache() {
  threads_->pool.join();
}

bool ViewCache::get(std::string_view key, const Load& load, const http::Responder& respond) {
  std::unique_lock lock(mutex_);
  auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    Entry& entry = *found->second;
    entries_.splice(entries_.begin(), entries_, found->second);
    if (entry.answer && clock_.steady() - entry.answer->loaded_at < config_.refresh) {
      http::Response response = entry.answer->response();
      lock.unlock();
      respond(std::move(response));
      return true;
    }
  }
  const bool loading = found != by_key_.end() && found->second->loading;
  if (waiters_ >= config_.max_waiters || (!loading && loads_ >= config_.max_loads)) {
    lock.unlock();
    respond(http::problem_retry(503, "Too many requests wait for the store; try again shortly.",
                                std::chrono::seconds(1)));
    return false;
  }
  if (found == by_key_.end()) {
    entries_.push_front(Entry{std::string(key), std::nullopt, {}, false});
    found = by_key_.emplace(entries_.front().key, entries_.begin()).first;
  }
  Entry& entry = *found->second;
  entry.waiters.push_back(respond);
  ++waiters_;
  if (entry.loading) return false;
  entry.loading = true;
  ++loads_;
  boost::asio::post(threads_->pool, [this, name = entry.key, load] { run(name, load); });
  evict();
  return false;
}

void ViewCache::run(const std::string& key, const Load& load) {
  settle(key, load());
}

void ViewCache::settle(const std::string& key, http::Response response) {
  std::vector<http::Responder> waiters;
  Answer answer{response.status, response.content_type, std::move(response.headers),
                std::make_shared<const std::string>(std::move(response.body)), clock_.steady()};
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = *by_key_.at(key);
    waiters.swap(entry.waiters);
    waiters_ -= waiters.size();
    --loads_;
    entry.loading = false;
    if (entry.answer) bytes_ -= entry.answer->body->size();
    entry.answer.reset();
    // Failures are not kept: the next request finds out whether the store is back.
    if (answer.status < 500) {
      bytes_ += answer.body->size();
      entry.answer = answer;
    }
    evict();
  }
  for (const http::Responder& waiter : waiters) waiter(answer.response());
}

void ViewCache::evict() {
  auto last = entries_.end();
  while (last != entries_.begin() && (entries_.size() > config_.max_entries || bytes_ > config_.max_bytes)) {
    --last;
    if (last->loading) continue;
    if (last->answer) bytes_ -= last->answer->body->size();
    by_key_.erase(last->key);
    last = entries_.erase(last);
  }
}

}  // namespace fanfinity::api
