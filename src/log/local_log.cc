#include "log/local_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "log/commit_store.h"
#include "log/directory.h"
#include "log/janitor.h"
#include "log/journal.h"
#include "log/local_partition.h"
#include "log/membership.h"
#include "log/poison.h"
#include "log/writer.h"

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

constexpr std::uint32_t kMaxPartitions = 256;
constexpr std::uint64_t kPage = 4096;
/// One being written, one ready, one being consumed.
constexpr std::uint64_t kMinSegments = 3;
constexpr std::size_t kEventsAhead = 2;

std::uint64_t small_segment_bytes(const LocalLogConfig& config) {
  return std::max(kMinSegmentBytes, config.segment_bytes / 4 / kPage * kPage);
}

std::uint64_t events_max_bytes(const LocalLogConfig& config) {
  const auto others = config.retry_max_bytes + config.dead_max_bytes + kCommitStoreBytes;
  return config.max_bytes > others ? config.max_bytes - others : 0;
}

Status validate(const LocalLogConfig& config) {
  if (config.partitions < 1 || config.partitions > kMaxPartitions) {
    return Error{Errc::kInvalid, fmt::format("A log of {} partitions: 1 to {} are possible.",
                                             config.partitions, kMaxPartitions)};
  }
  if (config.segment_bytes < kMinSegmentBytes || config.segment_bytes > kMaxSegmentBytes ||
      config.segment_bytes % kPage != 0) {
    return Error{Errc::kInvalid,
                 fmt::format("Log segments of {} bytes: a multiple of {} from {} to {} is needed.",
                             config.segment_bytes, kPage, kMinSegmentBytes, kMaxSegmentBytes)};
  }
  const auto small = kMinSegments * small_segment_bytes(config);
  const auto events = kMinSegments * config.segment_bytes;
  if (config.retry_max_bytes < small || config.dead_max_bytes < small || events_max_bytes(config) < events) {
    return Error{
        Errc::kInvalid,
        fmt::format("The log's limits are too small for its segments of {} bytes: `retry` and `dead` "
                    "need {} bytes each, and {} must be left of the {} bytes in all for `events`. Raise "
                    "LOG_MAX_SIZE, or lower LOG_SEGMENT_SIZE or LOG_DEAD_MAX_SIZE.",
                    config.segment_bytes, small, events, config.max_bytes)};
  }
  return {};
}

/// Whether the directory has to be filled, having checked what is in it already.
Result<bool> prepare_directory(FileSystem& files, const LocalLogConfig& config) {
  const auto format = read_format(files, config.directory);
  if (format && format->complete) {
    if (format->partitions == config.partitions) return false;
    return Error{
        Errc::kInvalid,
        fmt::format("The log in {} has {} partitions, not {}: set the number of partitions to {}, or let "
                    "the log be consumed wholly and use another directory.",
                    config.directory.string(), format->partitions, config.partitions, format->partitions)};
  }
  if (!format && format.error().code != Errc::kNotFound) return format.error();
  if (format) {
    if (auto status = remove_unfinished(files, config.directory); !status) return status.error();
  }
  if (auto status = write_format(files, config.directory, {config.partitions, false}); !status) {
    return status.error();
  }
  return true;
}

Result<std::unique_ptr<Journal>> open_journal(FileSystem& files, const LocalLogConfig& config, Stream stream,
                                              bool create) {
  JournalConfig journal{.files = &files,
                        .directory = config.directory,
                        .stream = stream,
                        .partitions = config.partitions,
                        .segment_bytes = small_segment_bytes(config)};
  switch (stream) {
    case Stream::kEvents:
      journal.segment_bytes = config.segment_bytes;
      journal.max_bytes = events_max_bytes(config);
      // So that a rush does not have to wait for the disk to be zeroed, where there is room for it.
      journal.ahead = journal.max_bytes / journal.segment_bytes > kMinSegments ? kEventsAhead : 1;
      break;
    case Stream::kRetry:
      journal.max_bytes = config.retry_max_bytes;
      break;
    case Stream::kDead:
      journal.max_bytes = config.dead_max_bytes;
      journal.partitions = 1;
      journal.drop_oldest = true;
      break;
  }
  return Journal::open(std::move(journal), create);
}

/// A commit beyond the end means that records, or the files that held them, are gone.
Status check_commits(const Journal& journal, const CommitStore& commits) {
  for (std::uint32_t p = 0; p < journal.partitions(); ++p) {
    const auto [begin, end] = journal.bounds(PartitionId{p});
    const auto offset = commits.committed(journal.stream(), PartitionId{p}).offset.value_or(Offset{0});
    if (begin <= offset && offset <= end) continue;
    return Error{
        Errc::kCorrupt,
        fmt::format("Partition {} of `{}` holds the offsets {} to {}, but its consumers stand at {}: "
                    "restore the log's directory as a whole, or move it away to start with an empty log.",
                    p, to_string(journal.stream()), number(begin), number(end), number(offset))};
  }
  return {};
}

}  // namespace

// Destroyed bottom-up: intake first, then the janitor, then the files, then the lock.
struct LocalLog::Parts {
  explicit Parts(DirectoryLock held) : lock(std::move(held)) {}

  Status open(const LocalLogConfig& config);
  Journal& journal(Stream stream) { return *journals[static_cast<std::size_t>(stream)]; }
  const Journal& journal(Stream stream) const { return *journals[static_cast<std::size_t>(stream)]; }
  std::array<Journal*, kStreams> all() const {
    return {journals[0].get(), journals[1].get(), journals[2].get()};
  }
  std::unique_ptr<Membership> membership(Stream stream);

  DirectoryLock lock;
  Poison poison;
  std::unique_ptr<CommitStore> commits;
  std::array<std::unique_ptr<Journal>, kStreams> journals;
  std::unique_ptr<Membership> events_group;
  std::unique_ptr<Membership> retry_group;
  std::unique_ptr<Janitor> janitor;
  std::unique_ptr<Writer> writer;
};

Status LocalLog::Parts::open(const LocalLogConfig& config) {
  FileSystem& files = config.files != nullptr ? *config.files : system_files();
  const auto create = prepare_directory(files, config);
  if (!create) return create.error();
  auto store = CommitStore::open(files, config.directory, config.partitions, *create, poison);
  if (!store) return store.error();
  commits = std::move(store).value();
  for (const auto stream : {Stream::kEvents, Stream::kRetry, Stream::kDead}) {
    auto opened = open_journal(files, config, stream, *create);
    if (!opened) return opened.error();
    journals[static_cast<std::size_t>(stream)] = std::move(opened).value();
    if (stream == Stream::kDead) continue;
    if (auto status = check_commits(journal(stream), *commits); !status) return status;
  }
  if (*create) {
    if (auto status = write_format(files, config.directory, {config.partitions, true}); !status)
      return status;
  }
  events_group = membership(Stream::kEvents);
  retry_group = membership(Stream::kRetry);
  janitor = std::make_unique<Janitor>(all(), *commits);
  writer = std::make_unique<Writer>(WriterLimits{config.max_queued_bytes, config.max_queued_records}, all(),
                                    poison);
  return {};
}

std::unique_ptr<Membership> LocalLog::Parts::membership(Stream stream) {
  auto& source = journal(stream);
  return std::make_unique<Membership>(
      source.partitions(), [this, &source](PartitionId id, std::shared_ptr<Ownership> ownership) {
        return std::make_shared<LocalPartition>(source, *commits, id, std::move(ownership),
                                                [this] { janitor->wake(); });
      });
}

Result<std::unique_ptr<LocalLog>> LocalLog::open(const LocalLogConfig& config) {
  if (auto status = validate(config); !status) return status.error();
  auto lock = DirectoryLock::acquire(config.directory, config.lock_wait, config.stop);
  if (!lock) return lock.error();
  auto parts = std::make_unique<Parts>(std::move(lock).value());
  if (auto status = parts->open(config); !status) return status.error();
  return std::unique_ptr<LocalLog>(new LocalLog(std::move(parts)));
}

LocalLog::LocalLog(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

LocalLog::~LocalLog() {
  parts_->writer->close();
  parts_->janitor.reset();
  if (parts_->poison.is_set()) return;
  for (auto& journal : parts_->journals) journal->mark_end();
  parts_->commits->mark_end();
}

void LocalLog::append(Stream stream, std::vector<Record> records, Done done) {
  parts_->writer->append(stream, std::move(records), std::move(done));
}

Status LocalLog::health() const {
  if (auto status = parts_->poison.check(); !status) return status;
  return parts_->journal(Stream::kEvents).status();
}

std::uint32_t LocalLog::partitions(Stream stream) const {
  return parts_->journal(stream).partitions();
}

Status LocalLog::run(Stream stream, Listener& listener, std::stop_token stop) {
  switch (stream) {
    case Stream::kEvents:
      return parts_->events_group->run(listener, stop);
    case Stream::kRetry:
      return parts_->retry_group->run(listener, stop);
    case Stream::kDead:
      return Error{Errc::kInvalid, "Nobody consumes `dead` as a group: read it."};
  }
  return Error{Errc::kInternal, "There is no such stream."};
}

void LocalLog::rejoin(Stream stream, PartitionId partition) {
  if (stream == Stream::kEvents) parts_->events_group->rejoin(partition);
  if (stream == Stream::kRetry) parts_->retry_group->rejoin(partition);
}

Result<std::vector<PartitionState>> LocalLog::state(Stream stream) {
  const auto& journal = parts_->journal(stream);
  std::vector<PartitionState> states;
  for (std::uint32_t p = 0; p < journal.partitions(); ++p) {
    const PartitionId id{p};
    // Before the bounds, so that it is never beyond the end.
    auto committed = parts_->commits->committed(stream, id);
    const auto [begin, end] = journal.bounds(id);
    states.push_back({id, begin, end, std::move(committed)});
  }
  return states;
}

Result<Fetched> LocalLog::read(const Position& from, const FetchLimits& limits, std::stop_token stop) {
  ReadCursor cursor;
  return parts_->journal(from.stream).fetch(from.partition, from.offset, limits, stop, cursor);
}

LocalLogStats LocalLog::stats() const {
  LocalLogStats stats;
  stats.disk_bytes = kCommitStoreBytes;
  for (const auto* journal : parts_->all()) {
    stats.disk_bytes += journal->supply().disk_bytes();
    stats.live_bytes += journal->live_bytes();
    stats.segments_created += journal->supply().created();
    stats.segments_recycled += journal->supply().recycled();
    stats.dead_dropped += journal->dropped();
  }
  const auto counts = parts_->writer->counts();
  stats.queued_records = counts.queued_records;
  stats.queued_bytes = counts.queued_bytes;
  stats.appended_records = counts.appended_records;
  stats.appended_bytes = counts.appended_bytes;
  stats.syncs = counts.syncs;
  stats.sync_time = counts.sync_time;
  stats.commits = parts_->commits->commits();
  stats.poisoned = parts_->poison.is_set();
  return stats;
}

}  // namespace fanfinity::log
