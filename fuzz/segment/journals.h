#pragma once
// Opening, reading and comparing what a fuzzed disk holds.

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/segment/memory_disk.h"
#include "log/commit_store.h"
#include "log/journal.h"
#include "log/record_codec.h"

namespace fanfinity::fuzz {

inline Record make_record(Input& in) {
  const auto flags = in.get<std::uint8_t>();
  Record record;
  if ((flags & 1U) != 0) record.kind = RecordKind::kResponseTimes;
  record.key.bytes[0] = in.get<std::uint8_t>();
  record.received_at = Timestamp(std::chrono::milliseconds(in.get<std::uint8_t>()));
  const auto fill = static_cast<char>(in.get<std::uint8_t>());
  record.value = (flags & 2U) != 0
                     ? in.text(in.get<std::uint8_t>())
                     : std::string((flags & 4U) != 0 ? in.get<std::uint16_t>() % 20'000 : 20, fill);
  if ((flags & 8U) != 0) record.traceparent = in.text(in.below(60));
  if ((flags & 16U) == 0) return record;
  auto& failure = record.failure.emplace();
  failure.origin = {Stream{static_cast<std::uint8_t>(in.below(kStreams))},
                    PartitionId{in.get<std::uint8_t>()}, Offset{in.get<std::uint16_t>()}};
  for (auto attempts = in.below(4); attempts > 0; --attempts) {
    failure.attempts.push_back({record.received_at, in.text(in.below(30))});
  }
  return record;
}

/// Everything of a partition from its beginning.
inline Result<std::vector<Record>> read_all(Journal& journal, PartitionId partition, Input& in) {
  const auto [begin, end] = journal.bounds(partition);
  require(begin <= end, "a partition ends at or after its beginning");
  const FetchLimits limits{64 - in.below(64), 65'536U - in.get<std::uint16_t>(), {}};
  std::vector<Record> records;
  ReadCursor cursor;
  for (auto at = begin; at < end;) {
    auto fetched = journal.fetch(partition, at, limits, {}, cursor);
    if (!fetched) return fetched.error();
    require(fetched->end == end, "a fetch knows the end");
    require(!fetched->records.empty() && fetched->records.size() <= limits.max_records,
            "a fetch brings records, and not too many");
    for (auto& one : fetched->records) {
      require(one.offset == at, "offsets follow each other");
      at = at + 1;
      records.push_back(std::move(one.record));
    }
    require(fetched->next == at, "a fetch says where to go on");
  }
  return records;
}

inline JournalConfig journal_config(MemoryDisk& disk, Stream stream, std::uint32_t partitions,
                                    std::uint64_t max_bytes) {
  JournalConfig config;
  config.files = &disk;
  config.directory = "/log";
  config.stream = stream;
  config.partitions = partitions;
  config.segment_bytes = kMinSegmentBytes;
  config.max_bytes = max_bytes;
  config.drop_oldest = stream == Stream::kDead;
  return config;
}

using Commits = std::vector<Committed>;  // Of `events`, then of `retry`.

inline bool same(const Commits& a, const Commits& b) {
  return std::ranges::equal(a, b, [](const Committed& x, const Committed& y) {
    return x.offset == y.offset && x.metadata == y.metadata;
  });
}

inline Commits all_commits(const CommitStore& store, std::uint32_t partitions) {
  Commits all;
  for (const auto stream : {Stream::kEvents, Stream::kRetry}) {
    for (std::uint32_t p = 0; p < partitions; ++p) all.push_back(store.committed(stream, PartitionId{p}));
  }
  return all;
}

inline void append_commit(std::size_t stream, std::size_t partition, std::int64_t offset,
                          std::string_view metadata, std::vector<std::byte>& out) {
  const auto before = out.size();
  out.resize(before + 15 + metadata.size());
  ByteWriter writer(out.data() + before);
  writer.put(static_cast<std::uint8_t>(stream));
  writer.put(static_cast<std::uint32_t>(partition));
  writer.put(offset);
  writer.put(static_cast<std::uint16_t>(metadata.size()));
  writer.put(metadata);
}

}  // namespace fanfinity::fuzz
