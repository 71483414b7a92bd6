#include "store/clickhouse_store.h"

#include <algorithm>

#include "store/event_insert.h"
#include "store/row_binary.h"

namespace fanfinity::store {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

StoredId read_stored_id(RowBinaryReader& reader) {
  StoredId id;
  id.id = reader.uuid();
  id.partition = log::PartitionId{reader.integer<std::uint32_t>()};
  id.offset = log::Offset{reader.integer<std::int64_t>()};
  id.received_at = reader.timestamp();
  return id;
}
constexpr std::size_t kStoredIdBytes = 16 + 4 + 8 + 8;
constexpr std::size_t kResponseTimeBytes = 2 + 8;  // Beside the match.

/// Turns chunks of a stream, cut anywhere, into chunks of whole ids.
class StoredIdStream {
 public:
  explicit StoredIdStream(const std::function<void(std::span<const StoredId>)>& each) : each_(each) {}

  void take(std::string_view bytes) {
    ids_.clear();
    if (!torn_.empty()) {
      const std::size_t missing = std::min(kStoredIdBytes - torn_.size(), bytes.size());
      torn_.append(bytes.substr(0, missing));
      bytes.remove_prefix(missing);
      if (torn_.size() < kStoredIdBytes) return;
      add(torn_);
      torn_.clear();
    }
    const std::size_t whole = bytes.size() / kStoredIdBytes * kStoredIdBytes;
    add(bytes.substr(0, whole));
    torn_ = bytes.substr(whole);
    if (!ids_.empty()) each_(ids_);
  }
  [[nodiscard]] bool whole() const { return torn_.empty(); }

 private:
  void add(std::string_view bytes) {
    RowBinaryReader reader(bytes);
    while (!reader.at_end()) ids_.push_back(read_stored_id(reader));
  }

  const std::function<void(std::span<const StoredId>)>& each_;
  std::vector<StoredId> ids_;
  std::string torn_;
};

}  // namespace

Status ClickHouseStore::insert(const Batch& batch, std::string_view token) {
  if (auto stored = insert_events(batch, token); !stored) return stored;
  return insert_response_times(batch, token);
}

Status ClickHouseStore::insert_events(const Batch& batch, std::string_view token) {
  if (batch.events.empty()) return {};
  return http_.insert(events_insert(token), batch.events.bytes());
}

Status ClickHouseStore::insert_response_times(const Batch& batch, std::string_view token) {
  std::string rows;
  for (const auto& record : batch.response_times) {
    const auto& buckets = record.times.buckets();
    const std::size_t before = rows.size();
    rows.resize(before + buckets.size() * (row_binary_bytes(record.match_id) + kResponseTimeBytes));
    RowBinaryWriter out(rows.data() + before);
    for (const auto& [bucket, count] : buckets) {
      out.text(record.match_id);
      out.integer(bucket);
      out.integer(count);
    }
  }
  if (rows.empty()) return {};
  auto stored =
      http_.insert({.sql = "INSERT INTO response_times (match_id, bucket, requests) FORMAT RowBinary",
                    .params = {},
                    .settings = insert_settings(token)},
                   rows);
  // A refusal is only an answer about events: these may be stored already.
  if (!stored && stored.error().code == Errc::kRefused)
    return Error{Errc::kUnknownOutcome, stored.error().detail};
  return stored;
}

Result<std::vector<StoredId>> ClickHouseStore::find(std::span<const base::Uuid> ids) {
  // 113 KB of URL: a parameter may take 128 KiB (http_max_field_value_size).
  constexpr std::size_t kIdsPerQuery = 2'500;
  std::vector<StoredId> found;
  for (std::size_t from = 0; from < ids.size(); from += kIdsPerQuery) {
    std::string list = "[";
    for (const auto& id : ids.subspan(from, std::min(kIdsPerQuery, ids.size() - from))) {
      if (list.size() > 1) list += ',';
      list.append("'").append(id.to_string()).append("'");
    }
    list += ']';
    auto answer = http_.read({.sql = "SELECT event_id, partition, offset, received_at FROM events "
                                     "WHERE event_id IN {ids:Array(UUID)} FORMAT RowBinary",
                              .params = {{"ids", std::move(list)}},
                              .settings = {}});
    if (!answer) return answer.error();
    RowBinaryReader reader(*answer);
    while (!reader.at_end() && reader.ok()) found.push_back(read_stored_id(reader));
    if (!reader.ok()) return Error{Errc::kUnavailable, "ClickHouse's answer ends within a row; ask again."};
  }
  return found;
}

Status ClickHouseStore::scan_ids(const IdRange& range,
                                 const std::function<void(std::span<const StoredId>)>& each) {
  StoredIdStream ids(each);
  const auto since = range.since.time_since_epoch().count();
  auto done = http_.stream(
      {.sql = "SELECT event_id, partition, offset, received_at FROM events "
              "WHERE received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') "
              "AND xxHash64(UUIDStringToNum(toString(event_id))) % {partitions:UInt32} = {partition:UInt32} "
              "FORMAT RowBinary",
       .params = {{"since", std::to_string(since)},
                  {"partitions", std::to_string(range.partitions)},
                  {"partition", std::to_string(log::number(range.partition))}},
       .settings = {{"max_threads", "2"}}},
      [&](std::string_view chunk) -> Status {
        ids.take(chunk);
        return {};
      });
  if (!done) return done;
  if (!ids.whole()) return Error{Errc::kUnavailable, "ClickHouse's answer ends within a row; ask again."};
  return {};
}

Result<std::optional<log::Offset>> ClickHouseStore::highest_offset(log::PartitionId partition) {
  auto answer =
      http_.read({.sql = "SELECT count(), max(offset) FROM events WHERE topic = {topic:String} "
                         "AND partition = {partition:UInt32} FORMAT RowBinary",
                  .params = {{"topic", topic_}, {"partition", std::to_string(log::number(partition))}},
                  .settings = {}});
  if (!answer) return answer.error();
  RowBinaryReader reader(*answer);
  const auto rows = reader.integer<std::uint64_t>();
  const log::Offset highest{reader.integer<std::int64_t>()};
  if (!reader.ok()) return Error{Errc::kUnavailable, "ClickHouse's answer ends within a row; ask again."};
  if (rows == 0) return std::optional<log::Offset>{};
  return std::optional(highest);
}

}  // namespace fanfinity::store
