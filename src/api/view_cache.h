#pragma once
// Answers about matches, from memory while they are fresh. However many ask at once, the store is asked
// once a key and refresh period (single flight); everyone who waits gets the same serialised bytes.

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "http/http.h"

namespace fanfinity::api {

struct ViewCacheConfig {
  std::chrono::milliseconds refresh{100};  ///< An answer older than this is read anew.
  std::size_t max_entries = 20'000;        ///< The least recently used goes first.
  std::size_t max_bytes = 256U << 20U;     ///< Of serialised bodies.
  std::size_t max_loads = 10'000;          ///< Reads waiting or under way; beyond: 503.
  std::size_t max_waiters = 100'000;       ///< Requests waiting for a read; beyond: 503.
  unsigned threads = 4;                    ///< Reads at the same time.
};

class ViewCache {
 public:
  /// Reads one view from the store; blocks. Its response is shared by everyone who asked.
  using Load = std::function<http::Response()>;

  ViewCache(ViewCacheConfig config, base::Clock& clock);
  ~ViewCache();  ///< Waits for reads under way.
  ViewCache(const ViewCache&) = delete;
  ViewCache& operator=(const ViewCache&) = delete;

  /// Answers from memory or by `load`. True when the answer came from memory. Any thread; never blocks.
  bool get(std::string_view key, const Load& load, const http::Responder& respond);

 private:
  struct Answer;
  struct Entry;
  struct Threads;
  using Entries = std::list<Entry>;

  void run(const std::string& key, const Load& load);
  void settle(const std::string& key, http::Response response);
  void evict();

  const ViewCacheConfig config_;
  base::Clock& clock_;
  std::mutex mutex_;
  Entries entries_;  ///< Most recently used first.
  std::unordered_map<std::string_view, Entries::iterator> by_key_;
  std::size_t bytes_ = 0;
  std::size_t loads_ = 0;
  std::size_t waiters_ = 0;
  std::unique_ptr<Threads> threads_;
};

}  // namespace fanfinity::api
