#pragma once
// One stream on disk: a sequence of segments that the records of all its partitions share, so that a
// write of many partitions is one write and one sync.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/batch.h"
#include "log/checkpoint.h"
#include "log/log.h"
#include "log/offset_index.h"
#include "log/segment.h"
#include "log/segment_supply.h"

namespace fanfinity::log {

struct JournalConfig {
  FileSystem* files = nullptr;
  std::filesystem::path directory;
  Stream stream = Stream::kEvents;
  std::uint32_t partitions = 1;
  std::uint64_t segment_bytes = 0;
  std::uint64_t max_bytes = 0;
  std::size_t ahead = 1;     ///< Segments to keep ready.
  bool drop_oldest = false;  ///< At max_bytes: give up the oldest records instead of refusing new ones.
};

/// Where a sequential reader stopped, so that its next fetch need not search, nor read a block again that
/// the last one read in part.
struct ReadCursor {
  std::uint64_t sequence = 0;  ///< 0: nowhere.
  std::uint64_t at = 0;
  Offset offset{};
  ReadBuffer buffer;  ///< Of that segment.
};

class Journal {
 public:
  /// Reads what a process before left behind. `create`: there must be nothing yet.
  [[nodiscard]] static base::Result<std::unique_ptr<Journal>> open(JournalConfig config, bool create);

  // --- the writer thread ---

  /// Writes as many of the first appends as fit into one write; answers how many. kFull, or kUnavailable
  /// of preparing a segment: nothing was written. kUnknownOutcome: the write failed.
  [[nodiscard]] base::Result<std::size_t> write(std::span<Append> appends);
  /// Makes durable what `write` wrote.
  [[nodiscard]] base::Status sync();
  /// Lets readers see what was synced.
  void publish();
  /// Marks that everything before was synced, so that later damage to it is recognised as such.
  void mark_end();

  // --- the janitor thread ---

  /// Lets go of segments whose records are all below `committed`, or of the oldest for want of space.
  void trim(const std::vector<Offset>& committed);
  [[nodiscard]] SegmentSupply& supply() { return supply_; }
  [[nodiscard]] const SegmentSupply& supply() const { return supply_; }

  // --- any thread ---

  /// OwnedPartition::fetch.
  [[nodiscard]] base::Status fetch(PartitionId partition, Offset from, const FetchLimits& limits,
                                   const std::stop_token& stop, ReadCursor& cursor, Fetched& into);
  [[nodiscard]] base::Result<Fetched> fetch(PartitionId partition, Offset from, const FetchLimits& limits,
                                            const std::stop_token& stop, ReadCursor& cursor);
  struct Bounds {
    Offset begin{};
    Offset end{};
  };
  [[nodiscard]] Bounds bounds(PartitionId partition) const;
  [[nodiscard]] std::uint32_t partitions() const { return config_.partitions; }
  [[nodiscard]] Stream stream() const { return config_.stream; }
  /// The largest append, in encoded bytes, that a segment can take.
  [[nodiscard]] std::uint64_t max_append_bytes() const;
  /// kFull or kUnavailable while appends are refused.
  [[nodiscard]] base::Status status() const;
  [[nodiscard]] std::uint64_t live_bytes() const;
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  /// A segment with records.
  struct Used {
    std::shared_ptr<Segment> segment;
    std::vector<Offset> first;  ///< Of each partition: the first offset it can hold.
    std::uint64_t end = kSegmentHeaderBytes;
    OffsetIndex index;
    std::uint64_t previous_end = 0;  ///< What its checkpoint says of the segment before.
  };
  struct Waiters {
    std::condition_variable_any published;
    int count = 0;
  };
  struct Place {
    std::shared_ptr<Segment> segment;
    std::uint64_t at = 0;
    std::uint64_t limit = 0;
  };
  struct Reading;

  explicit Journal(JournalConfig config);

  [[nodiscard]] base::Status create();
  [[nodiscard]] base::Status recover();
  struct Found;
  [[nodiscard]] base::Result<Found> find_files() const;
  [[nodiscard]] base::Status recover_segments(std::vector<std::shared_ptr<Segment>> segments);
  [[nodiscard]] base::Result<bool> recover_written(const std::shared_ptr<Segment>& segment);
  [[nodiscard]] base::Status recover_sealed(const std::shared_ptr<Segment>& segment);
  void adopt_first(std::shared_ptr<Segment> segment);

  [[nodiscard]] std::size_t fitting(std::span<const Append> appends, std::uint64_t room) const;
  [[nodiscard]] std::uint64_t room() const;

  [[nodiscard]] base::Result<Offset> wait_for(PartitionId partition, Offset from,
                                              std::chrono::milliseconds max_wait,
                                              const std::stop_token& stop);
  [[nodiscard]] Place locate(PartitionId partition, Offset offset, const ReadCursor& cursor) const;
  [[nodiscard]] std::optional<Place> following(std::uint64_t sequence) const;
  [[nodiscard]] base::Status read_segments(Reading& reading, ReadCursor& cursor) const;
  [[nodiscard]] base::Status read_segment(const Place& place, Reading& reading, ReadCursor& cursor) const;
  [[nodiscard]] Bounds bounds_locked(PartitionId partition) const;

  const JournalConfig config_;
  SegmentSupply supply_;

  // Of the writer thread alone.
  Batch batch_;
  std::vector<Offset> next_;           ///< Offsets to give out.
  std::shared_ptr<Segment> active_;    ///< Where to write ...
  std::uint64_t tail_ = 0;             ///< ... from here on.
  std::optional<Checkpoint> pending_;  ///< To be written before anything else in `active_`.
  std::vector<Offset> active_first_;   ///< Where the partitions stood when `active_` began.
  bool marked_ = true;                 ///< Nothing was written since the last end mark.
  std::uint64_t smallest_segment_;     ///< That an append may have to fit into.

  mutable std::mutex mutex_;
  std::deque<Used> used_;  ///< Oldest first; the last one is the newest that readers can see.
  std::vector<Offset> end_;
  std::vector<std::unique_ptr<Waiters>> waiters_;

  std::atomic<bool> refusing_{false};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace fanfinity::log
