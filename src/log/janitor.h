#pragma once
// The thread that keeps segments ready: lets go of consumed ones, recycles them, zeroes new ones.

#include <array>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "log/commit_store.h"
#include "log/journal.h"
#include "log/log.h"

namespace fanfinity::log {

class Janitor {
 public:
  using Journals = std::array<Journal*, kStreams>;
  /// All of them outlive it.
  Janitor(Journals journals, const CommitStore& commits);
  ~Janitor();
  Janitor(const Janitor&) = delete;
  Janitor& operator=(const Janitor&) = delete;

  /// A segment was taken, or may have become free. Any thread.
  void wake();

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] bool tend(Journal& journal);

  const Journals journals_;
  const CommitStore& commits_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool wanted_ = true;
  std::jthread thread_;
};

}  // namespace fanfinity::log
