#pragma once
// Answers about matches, from memory while they are fresh. However many ask at once, the store is asked
// once a name and refresh period (single flight); everyone who waits gets the same serialised bytes. What
// waits for the store goes to it together, so that a question costs the less the more there are.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "http/http.h"

namespace fanfinity::api {

struct ViewCacheConfig {
  std::chrono::milliseconds refresh{100};  ///< An answer older than this is read anew.
  /// But one that took long to read is kept for so many times as long, so that no view, however often it is
  /// asked for, keeps the store busy.
  int rest = 0;
  std::size_t max_entries = 20'000;        ///< The least recently used goes first.
  std::size_t max_bytes = 256U << 20U;     ///< Of serialised bodies.
  std::size_t max_loads = 10'000;          ///< Reads waiting or under way; beyond: 503.
  std::size_t max_waiters = 100'000;       ///< Requests waiting for a read; beyond: 503.
  unsigned threads = 4;                    ///< Reads at the same time.
  std::string cache_control = "no-store";  ///< Of answers that others may keep: 200 and 404.
  /// For how long the last answer stands in for one that cannot be read; 0: it does not.
  std::chrono::milliseconds stale{0};
  std::chrono::milliseconds patience{1'000};  ///< After this long a read under way counts as one that fails.
};

/// The name of the header by which a Load gives an answer its entity tag.
inline constexpr std::string_view kEtag = "ETag";

class ViewCache {
 public:
  /// Reads views from the store, one response for each name, in their order; blocks. Each response is shared
  /// by everyone who asked: its header fields must be fit to be sent.
  using Load = std::function<std::vector<http::Response>(std::span<const std::string> names)>;
  /// Views that are read in the same way.
  struct Kind;

  ViewCache(const ViewCacheConfig& config, base::Clock& clock);
  ~ViewCache();  ///< Waits for reads under way.
  ViewCache(const ViewCache&) = delete;
  ViewCache& operator=(const ViewCache&) = delete;

  /// `most`: names of one load. The kind lives as long as the cache.
  Kind& add(Load load, std::size_t most = 1);
  /// Answers from memory or by the kind's load: compressed when `accept_encoding` of the request allows it
  /// and that of one of those who waited for the load did. True when the answer came from memory. Any thread;
  /// never blocks.
  bool get(Kind& kind, std::string_view name, std::string_view accept_encoding,
           const http::Responder& respond);

  /// Requests that were given an answer older than `refresh` because it could not be read again.
  [[nodiscard]] std::uint64_t stale_answers() const { return stale_answers_.load(std::memory_order_relaxed); }

 private:
  struct Answer;
  struct Entry;
  struct Waiter;
  struct Threads;
  using Entries = std::list<Entry>;

  void run(Kind& kind);
  void settle(std::span<const Entries::iterator> entries, std::vector<http::Response> responses,
              base::SteadyTime done, base::SteadyTime fresh_until);
  [[nodiscard]] std::vector<bool> wanted_compressed(std::span<const Entries::iterator> entries);
  [[nodiscard]] std::vector<Waiter> settle(Entry& entry, Answer& answer);
  [[nodiscard]] std::vector<Waiter> take_waiters(Entry& entry);
  /// The last answer can stand in for one that does not come.
  [[nodiscard]] bool has_stand_in(const Entry& entry, base::SteadyTime now) const;
  void evict();

  const ViewCacheConfig config_;
  base::Clock& clock_;
  std::mutex mutex_;
  Entries entries_;  ///< Most recently used first.
  std::list<Kind> kinds_;
  std::size_t bytes_ = 0;
  std::size_t loads_ = 0;
  std::size_t waiters_ = 0;
  std::atomic<std::uint64_t> stale_answers_ = 0;
  std::unique_ptr<Threads> threads_;
};

}  // namespace fanfinity::api
