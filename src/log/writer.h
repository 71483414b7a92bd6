#pragma once
// The one thread that writes records: whatever waits when it comes round becomes one write and one sync
// of each stream concerned (group commit).

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"
#include "log/batch.h"
#include "log/journal.h"
#include "log/log.h"
#include "log/poison.h"

namespace fanfinity::log {

struct WriterLimits {
  std::size_t max_queued_bytes = 0;
  std::size_t max_queued_records = 0;
};

class Writer {
 public:
  using Journals = std::array<Journal*, kStreams>;
  /// All of them outlive it.
  Writer(WriterLimits limits, Journals journals, Poison& poison);
  /// Writes and answers what is queued.
  ~Writer();
  /// Writes what waits and ends the thread. Appends, from callbacks too, are refused from then on.
  void close();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Producer::append.
  void append(Stream stream, std::vector<Record> records, Producer::Done done);

  struct Counts {
    std::size_t queued_records = 0;
    std::size_t queued_bytes = 0;
    std::uint64_t appended_records = 0;
    std::uint64_t appended_bytes = 0;
    std::uint64_t syncs = 0;
    std::chrono::nanoseconds sync_time{0};
  };
  [[nodiscard]] Counts counts() const;

 private:
  /// Appends of one stream that the writer has taken from the queue, and how many of them are done.
  struct Taken {
    std::vector<Append> appends;
    std::size_t done = 0;
    std::size_t written = 0;  ///< Of this round; not yet synced.
    [[nodiscard]] std::span<Append> waiting() { return std::span(appends).subspan(done); }
  };

  [[nodiscard]] base::Status reserve(const Append& append);
  void release(std::size_t records, std::size_t bytes);
  /// Queues what the calling thread has staged.
  void hand_in();
  void refuse(std::array<std::vector<Append>, kStreams> appends);
  void run();
  [[nodiscard]] bool take();
  void round();
  void write(std::size_t stream);
  void sync(std::size_t stream);
  /// Answers the next `count` appends of the stream.
  void answer(std::size_t stream, std::size_t count, const base::Status& status);

  const WriterLimits limits_;
  const Journals journals_;
  Poison& poison_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::array<std::vector<Append>, kStreams> queue_;
  bool idle_ = false;
  bool closing_ = false;

  // Reserved by those who append, given back with the answer.
  std::atomic<std::size_t> queued_records_{0};
  std::atomic<std::size_t> queued_bytes_{0};

  std::array<Taken, kStreams> taken_;  ///< Of the writer thread alone.
  std::atomic<std::uint64_t> appended_records_{0};
  std::atomic<std::uint64_t> appended_bytes_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::int64_t> sync_nanoseconds_{0};
  std::thread thread_;
};

}  // namespace fanfinity::log
