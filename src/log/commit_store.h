#pragma once
// What the group committed, for every partition of `events` and `retry`: a small journal of its own, so
// that a commit costs one write and one sync, and goes on when the streams have filled the disk.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/log.h"
#include "log/poison.h"
#include "log/segment.h"

namespace fanfinity::log {

inline constexpr std::size_t kMaxCommitMetadataBytes = 1024;
inline constexpr std::uint64_t kCommitSegmentBytes = 2U << 20U;
/// In use and spare.
inline constexpr std::uint64_t kCommitStoreBytes = 2 * kCommitSegmentBytes;

/// Thread-safe.
class CommitStore {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<CommitStore>> open(FileSystem& files,
                                                                       std::filesystem::path directory,
                                                                       std::uint32_t partitions, bool create,
                                                                       Poison& poison);
  /// Durable when it returns success. kUnknownOutcome poisons the log.
  [[nodiscard]] base::Status commit(Stream stream, PartitionId partition, Offset offset,
                                    std::string_view metadata);
  [[nodiscard]] Committed committed(Stream stream, PartitionId partition) const;
  /// Of each partition; 0 where nothing was committed.
  [[nodiscard]] std::vector<Offset> offsets(Stream stream) const;
  [[nodiscard]] std::uint64_t commits() const;
  /// As Journal::mark_end.
  void mark_end();

 private:
  CommitStore(FileSystem& files, std::filesystem::path directory, std::uint32_t partitions, Poison& poison);

  [[nodiscard]] base::Status recover();
  [[nodiscard]] base::Status recover_segment(std::uint64_t sequence);
  /// Starts the next segment with all that stands, in the spare file.
  [[nodiscard]] base::Status rotate();
  [[nodiscard]] base::Status ensure_spare();
  [[nodiscard]] base::Status write_block(BlockKind kind, std::span<const std::byte> payload,
                                         std::uint32_t count);
  [[nodiscard]] std::vector<std::byte> encode_all() const;
  [[nodiscard]] bool decode(std::span<const std::byte> payload, std::uint32_t count);
  [[nodiscard]] std::size_t slot(Stream stream, PartitionId partition) const;

  FileSystem& files_;
  const std::filesystem::path directory_;
  const std::uint32_t partitions_;
  Poison& poison_;
  mutable std::mutex mutex_;
  std::vector<Committed> committed_;  ///< Of `events`, then of `retry`.
  std::shared_ptr<Segment> segment_;
  std::uint64_t tail_ = 0;
  std::uint64_t commits_ = 0;
};

}  // namespace fanfinity::log
