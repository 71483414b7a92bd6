#pragma once
// The embedded log: the three ports of log.h over a directory of this machine, for one process.
// One writer thread turns everything that waits into one write and one fdatasync a stream; a second
// thread prepares and recycles segments. The bytes on disk are described in docs/LOG-FORMAT.md.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/file_system.h"
#include "log/log.h"

namespace fanfinity::log {

struct LocalLogConfig {
  std::filesystem::path directory;              ///< Created when missing; its parent must exist.
  std::uint32_t partitions = 4;                 ///< Of `events` and `retry`; agreed once for a directory.
  std::uint64_t segment_bytes = 64U << 20U;     ///< Of `events`; `retry` and `dead` use a quarter.
  std::uint64_t max_bytes = 8ULL << 30U;        ///< Everything in the directory, prepared segments included.
  std::uint64_t retry_max_bytes = 1ULL << 30U;  ///< Part of max_bytes set aside for `retry`.
  std::uint64_t dead_max_bytes = 1ULL << 30U;   ///< The same for `dead`; beyond it the oldest are dropped.
  std::size_t max_queued_bytes = 256U << 20U;   ///< Beyond either, an append answers kFull at once.
  std::size_t max_queued_records = 200'000;
  std::chrono::milliseconds lock_wait{10'000};  ///< How long `open` waits for a process before to go.
  std::stop_token stop{};                       ///< Ends that wait: kStopped.
  FileSystem* files = nullptr;                  ///< The machine's own when null.

  bool operator==(const LocalLogConfig&) const = default;
};

/// A moment's reading, for metrics.
struct LocalLogStats {
  std::uint64_t disk_bytes = 0;  ///< Segments in use, being prepared and spare.
  std::uint64_t live_bytes = 0;  ///< Of them, holding records that are not yet removable.
  std::size_t queued_records = 0;
  std::size_t queued_bytes = 0;
  std::uint64_t appended_records = 0;  ///< Acknowledged since open, as are the following.
  std::uint64_t appended_bytes = 0;
  std::uint64_t syncs = 0;
  std::chrono::nanoseconds sync_time{0};
  std::uint64_t commits = 0;
  std::uint64_t segments_created = 0;
  std::uint64_t segments_recycled = 0;
  std::uint64_t dead_dropped = 0;  ///< Dead letters dropped for want of space.
  bool poisoned = false;           ///< A write or sync failed: nothing is taken until a restart.
};

/// Thread-safe. Stop every `run`, fetch and read before destroying it; appends still queued are written
/// and answered by the destructor.
class LocalLog final : public Producer, public Group, public Reader {
 public:
  /// kUnavailable: the directory is in use or not accessible. kInvalid: settings that contradict each
  /// other or the directory. kCorrupt: acknowledged records are damaged or missing.
  [[nodiscard]] static base::Result<std::unique_ptr<LocalLog>> open(const LocalLogConfig& config);
  ~LocalLog() override;
  LocalLog(const LocalLog&) = delete;
  LocalLog& operator=(const LocalLog&) = delete;

  void append(Stream stream, std::vector<Record> records, Done done) override;
  [[nodiscard]] base::Status health() const override;
  [[nodiscard]] std::uint32_t partitions(Stream stream) const override;

  /// `dead` has no group: kInvalid.
  base::Status run(Stream stream, Listener& listener, std::stop_token stop) override;
  void rejoin(Stream stream, PartitionId partition) override;

  [[nodiscard]] base::Result<std::vector<PartitionState>> state(Stream stream) override;
  [[nodiscard]] base::Result<Fetched> read(const Position& from, const FetchLimits& limits,
                                           std::stop_token stop) override;

  [[nodiscard]] LocalLogStats stats() const;

 private:
  struct Parts;
  explicit LocalLog(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace fanfinity::log
