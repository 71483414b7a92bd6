#pragma once
// Segments ahead of need: zeroed or recycled, given their header, synced and named before the writer asks,
// so that an append never meets a full disk halfway and never waits for a new file.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/segment.h"

namespace fanfinity::log {

struct SegmentSupplyConfig {
  FileSystem* files = nullptr;
  std::filesystem::path directory;
  std::string prefix;
  std::uint32_t tag = 0;
  std::uint64_t segment_bytes = 0;
  std::uint64_t max_bytes = 0;  ///< Of all its segments, those in use included.
  std::size_t ahead = 1;        ///< How many to keep ready.
};

/// `take` belongs to the writer, `replenish` to the janitor thread, the rest to anyone.
class SegmentSupply {
 public:
  explicit SegmentSupply(SegmentSupplyConfig config);

  /// Before any other thread knows it: what was found on disk.
  void adopt_used(const Segment& segment);
  void adopt_ready(std::shared_ptr<Segment> segment);
  /// Keeps a file that nothing refers to for its next life, or removes it.
  void adopt_spare(const std::filesystem::path& path, std::uint64_t bytes);

  void on_wanted(std::function<void()> wake) { wake_ = std::move(wake); }

  /// The next segment of the sequence. Waits while one is being prepared; kFull or kUnavailable when
  /// preparing failed and has not succeeded since.
  [[nodiscard]] base::Result<std::shared_ptr<Segment>> take();
  /// Nothing on disk needs the segment any more; segments come in the order of their sequence. Readers may
  /// still hold it for a while.
  void retire(std::shared_ptr<Segment> segment);
  /// Recycles what is retired and prepares what is wanted. False when it failed, or a reader still holds a
  /// retired segment: call again in a while.
  bool replenish();
  /// `take` no longer waits.
  void close();

  /// Why the next `take` would fail.
  [[nodiscard]] base::Status status() const;
  /// Only letting go of a segment in use can bring the next one.
  [[nodiscard]] bool at_limit() const;
  [[nodiscard]] std::uint64_t disk_bytes() const;
  [[nodiscard]] std::uint64_t created() const;
  [[nodiscard]] std::uint64_t recycled() const;

 private:
  struct Spare {
    std::filesystem::path path;
    std::unique_ptr<File> file;
  };

  bool recycle_retired();
  void discard(Segment& segment);
  [[nodiscard]] base::Status prepare_one();
  [[nodiscard]] base::Result<Spare> spare_or_new();
  [[nodiscard]] base::Result<Spare> create();
  void drop_file(const std::filesystem::path& path, std::uint64_t bytes);

  const SegmentSupplyConfig config_;
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable prepared_;
  std::deque<std::shared_ptr<Segment>> ready_;
  std::vector<std::shared_ptr<Segment>> retired_;
  std::vector<Spare> spares_;
  std::optional<base::Error> failure_;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t disk_bytes_ = 0;
  std::uint64_t created_ = 0;
  std::uint64_t recycled_ = 0;
  bool closed_ = false;
};

}  // namespace fanfinity::log
