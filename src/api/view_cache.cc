#include "api/view_cache.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cassert>
#include <optional>
#include <utility>

#include "base/log_line.h"
#include "http/body_decoder.h"
#include "http/negotiation.h"

namespace fanfinity::api {

namespace {

// A body that fits into one packet gains nothing.
constexpr std::size_t kLeastCompressed = 1'400;
constexpr std::string_view kReadHangs = "the store has not answered yet";

/// A body with its header. A slow client keeps the one that it takes and no other.
struct Variant {
  std::string body;
  std::string header_lines;
  std::string etag;
};

/// What everyone who asks is given, made once.
struct View {
  int status = 200;
  std::string_view content_type;
  std::shared_ptr<const Variant> plain;
  std::shared_ptr<const Variant> gzip;  ///< Null when it was not asked for.

  View(http::Response response, std::string_view cache_control, bool compress)
      : status(response.status), content_type(response.content_type) {
    const bool large = response.body.size() >= kLeastCompressed;
    // An answer that says what is wrong now is of no use later.
    const bool lasts = status == 200 || status == 404;
    response.headers.emplace_back("Cache-Control", lasts ? cache_control : "no-store");
    if (large) response.headers.emplace_back("Vary", "Accept-Encoding");
    Variant made;
    for (const auto& [name, value] : response.headers) {
      made.header_lines.append(name).append(": ").append(value).append("\r\n");
      if (name == kEtag) made.etag = value;
    }
    if (large && compress) {
      std::string compressed = http::gzip(response.body);
      if (!compressed.empty()) {
        gzip = std::make_shared<const Variant>(Variant{std::move(compressed), made.header_lines, made.etag});
      }
    }
    made.body = std::move(response.body);
    plain = std::make_shared<const Variant>(std::move(made));
  }

  [[nodiscard]] std::size_t bytes() const {
    return plain->body.capacity() + (gzip != nullptr ? gzip->body.capacity() : 0);
  }
};

/// One answer for each name, or the same failure for all of them when memory is short.
std::vector<http::Response> load_all(const ViewCache::Load& load, std::span<const std::string> names) {
  try {
    return load(names);
  } catch (const std::exception& error) {
    base::log_line(base::Level::kError,
                   "A read of the store threw an exception; its requests are answered 503.",
                   {{"error", error.what()}});
  }
  return std::vector<http::Response>(
      names.size(), http::problem_retry(503, "The service could not read this just now; try again shortly.",
                                        std::chrono::seconds(1)));
}

}  // namespace

struct ViewCache::Answer {
  std::shared_ptr<const View> view;
  base::SteadyTime read_at;
  base::SteadyTime fresh_until;
  std::string cause;  ///< Why the view could not be read; with an older one in its place, when there is one.

  [[nodiscard]] http::Response response(std::string_view accept_encoding) const {
    http::Response response;
    response.status = view->status;
    response.content_type = view->content_type;
    const bool compressed = view->gzip != nullptr && http::accepts_gzip(accept_encoding);
    const auto& variant = compressed ? view->gzip : view->plain;
    if (compressed) response.content_encoding = "gzip";
    response.shared_body = {variant, &variant->body};
    response.header_lines = variant->header_lines;
    response.etag = variant->etag;
    response.cause = cause;
    return response;
  }
};

struct ViewCache::Waiter {
  http::Responder respond;
  std::string accept_encoding;
};

struct ViewCache::Entry {
  Kind& kind;
  std::string name;
  std::optional<Answer> answer;
  std::vector<Waiter> waiters;
  bool loading = false;
  base::SteadyTime loading_since;
};

struct ViewCache::Kind {
  Load load;
  std::size_t most;
  std::unordered_map<std::string_view, Entries::iterator> by_name;
  std::deque<Entries::iterator> waiting;  ///< To be loaded; an entry is not evicted meanwhile.
};

struct ViewCache::Threads {
  explicit Threads(unsigned count) : pool(count) {}
  boost::asio::thread_pool pool;
};

ViewCache::ViewCache(const ViewCacheConfig& config, base::Clock& clock)
    : config_(config), clock_(clock), threads_(std::make_unique<Threads>(config.threads)) {}

ViewCache::~ViewCache() {
  threads_->pool.join();
}

ViewCache::Kind& ViewCache::add(Load load, std::size_t most) {
  const std::lock_guard lock(mutex_);
  return kinds_.emplace_back(Kind{std::move(load), most, {}, {}});
}

bool ViewCache::get(Kind& kind, std::string_view name, std::string_view accept_encoding,
                    const http::Responder& respond) {
  std::unique_lock lock(mutex_);
  auto found = kind.by_name.find(name);
  if (found != kind.by_name.end()) {
    Entry& entry = *found->second;
    entries_.splice(entries_.begin(), entries_, found->second);
    if (entry.answer && clock_.steady() < entry.answer->fresh_until) {
      http::Response response = entry.answer->response(accept_encoding);
      lock.unlock();
      respond(std::move(response));
      return true;
    }
  }
  const bool loading = found != kind.by_name.end() && found->second->loading;
  if (loading) {
    Entry& entry = *found->second;
    const base::SteadyTime now = clock_.steady();
    if (now - entry.loading_since > config_.patience && has_stand_in(entry, now)) {
      // The read hangs: everyone who waits for it is served as well.
      Answer answer = *entry.answer;
      answer.cause = kReadHangs;
      std::vector<Waiter> waiters = take_waiters(entry);
      waiters.push_back({respond, std::string(accept_encoding)});
      stale_answers_ += waiters.size();
      lock.unlock();
      for (const Waiter& waiter : waiters) waiter.respond(answer.response(waiter.accept_encoding));
      return true;
    }
  }
  if (waiters_ >= config_.max_waiters || (!loading && loads_ >= config_.max_loads)) {
    lock.unlock();
    respond(http::problem_retry(503, "Too many requests wait for the store; try again shortly.",
                                std::chrono::seconds(1)));
    return false;
  }
  if (found == kind.by_name.end()) {
    entries_.push_front(Entry{kind, std::string(name), std::nullopt, {}});
    found = kind.by_name.emplace(entries_.front().name, entries_.begin()).first;
  }
  Entry& entry = *found->second;
  entry.waiters.push_back({respond, std::string(accept_encoding)});
  ++waiters_;
  if (entry.loading) return false;
  entry.loading = true;
  entry.loading_since = clock_.steady();
  ++loads_;
  kind.waiting.push_back(found->second);
  boost::asio::post(threads_->pool, [this, &kind] { run(kind); });
  evict();
  return false;
}

void ViewCache::run(Kind& kind) {
  std::vector<Entries::iterator> entries;
  std::vector<std::string> names;
  {
    const std::lock_guard lock(mutex_);
    // As many runs were posted as there are loads, so a run may find that others have taken its share.
    while (!kind.waiting.empty() && entries.size() < kind.most) {
      entries.push_back(kind.waiting.front());
      names.push_back(kind.waiting.front()->name);
      kind.waiting.pop_front();
    }
  }
  if (entries.empty()) return;
  const base::SteadyTime began = clock_.steady();
  std::vector<http::Response> responses = load_all(kind.load, names);
  const base::SteadyTime done = clock_.steady();
  settle(entries, std::move(responses), done,
         done + std::max<base::SteadyTime::duration>(config_.refresh, (done - began) * config_.rest));
}

void ViewCache::settle(std::span<const Entries::iterator> entries, std::vector<http::Response> responses,
                       base::SteadyTime done, base::SteadyTime fresh_until) {
  assert(responses.size() == entries.size());
  const std::vector<bool> compressed = wanted_compressed(entries);
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::string cause = std::move(responses[i].cause);
    answers.push_back(
        {std::make_shared<const View>(std::move(responses[i]), config_.cache_control, compressed[i]), done,
         fresh_until, std::move(cause)});
  }
  std::vector<std::vector<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < entries.size(); ++i) waiters.push_back(settle(*entries[i], answers[i]));
    evict();
  }
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    for (const Waiter& waiter : waiters[i]) waiter.respond(answers[i].response(waiter.accept_encoding));
  }
}

std::vector<bool> ViewCache::wanted_compressed(std::span<const Entries::iterator> entries) {
  const std::lock_guard lock(mutex_);
  std::vector<bool> wanted;
  for (const Entries::iterator& entry : entries) {
    wanted.push_back(std::ranges::any_of(
        entry->waiters, [](const Waiter& waiter) { return http::accepts_gzip(waiter.accept_encoding); }));
  }
  return wanted;
}

std::vector<ViewCache::Waiter> ViewCache::settle(Entry& entry, Answer& answer) {
  --loads_;
  entry.loading = false;
  const bool failed = answer.view->status >= 500;
  if (failed && has_stand_in(entry, answer.read_at)) {
    answer.view = entry.answer->view;
    stale_answers_ += entry.waiters.size();
    return take_waiters(entry);
  }
  if (entry.answer) bytes_ -= entry.answer->view->bytes();
  entry.answer.reset();
  // Failures are not kept: the next request finds out whether the store is back.
  if (!failed) {
    bytes_ += answer.view->bytes();
    entry.answer = answer;
  }
  return take_waiters(entry);
}

bool ViewCache::has_stand_in(const Entry& entry, base::SteadyTime now) const {
  return entry.answer && entry.answer->view->status == 200 && now - entry.answer->read_at <= config_.stale;
}

std::vector<ViewCache::Waiter> ViewCache::take_waiters(Entry& entry) {
  waiters_ -= entry.waiters.size();
  return std::exchange(entry.waiters, {});
}

void ViewCache::evict() {
  auto last = entries_.end();
  while (last != entries_.begin() && (entries_.size() > config_.max_entries || bytes_ > config_.max_bytes)) {
    --last;
    if (last->loading) continue;
    if (last->answer) bytes_ -= last->answer->view->bytes();
    last->kind.by_name.erase(last->name);
    last = entries_.erase(last);
  }
}

}  // namespace fanfinity::api
