#include "log/janitor.h"

#include <chrono>

namespace fanfinity::log {
namespace {

// How soon to try again after a full disk, or while a reader holds a consumed segment.
constexpr std::chrono::milliseconds kRetry{100};

}  // namespace

Janitor::Janitor(Journals journals, const CommitStore& commits) : journals_(journals), commits_(commits) {
  for (auto* journal : journals_) journal->supply().on_wanted([this] { wake(); });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Janitor::~Janitor() {
  thread_.request_stop();
  thread_.join();
  for (auto* journal : journals_) journal->supply().close();
}

void Janitor::wake() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  changed_.notify_one();
}

void Janitor::run(const std::stop_token& stop) {
  bool complete = true;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      const auto wanted = [&] { return wanted_; };
      if (complete) {
        changed_.wait(lock, stop, wanted);
      } else {
        changed_.wait_for(lock, stop, kRetry, wanted);
      }
      wanted_ = false;
    }
    if (stop.stop_requested()) return;
    complete = true;
    for (auto* journal : journals_) complete &= tend(*journal);
  }
}

bool Janitor::tend(Journal& journal) {
  const auto committed =
      journal.stream() == Stream::kDead ? std::vector<Offset>() : commits_.offsets(journal.stream());
  journal.trim(committed);
  return journal.supply().replenish();
}

}  // namespace fanfinity::log
