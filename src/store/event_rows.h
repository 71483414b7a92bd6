#pragma once
// The rows of one insert into `events`, made from events one by one and kept in one piece of memory, in the
// very bytes that ClickHouse reads (RowBinary): the rows of a backlog are written once and then only sent.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "domain/event.h"
#include "log/log.h"

namespace fanfinity::store {

/// A row as people and tests read it.
struct EventRow {
  domain::Event event;
  base::Timestamp received_at;
  log::Offset offset{};
};

/// What deduplication goes by.
struct EventKey {
  base::Uuid id;
  log::Offset offset{};
  base::Timestamp received_at;
  base::Timestamp at{};  ///< The event's own time.
};

/// Rows out of one partition of `events`, in offset order.
class EventRows {
 public:
  /// The columns, in the order of the bytes.
  static constexpr std::string_view kColumns =
      "event_id, match_id, event_type, event_time, team, player_id, metadata, received_at, topic, partition, "
      "offset";

  EventRows() : EventRows(log::PartitionId{}) {}
  explicit EventRows(log::PartitionId partition, std::string_view topic = "events");

  void add(const domain::Event& event, base::Timestamp received_at, log::Offset offset);
  /// Keeps those at these ascending indices.
  void keep(std::span<const std::size_t> indices);
  /// Whether the rows at these indices say the same of the same event, wherever and whenever it came.
  [[nodiscard]] bool same_event(std::size_t one, std::size_t other) const;
  /// Those with an offset of [from, to).
  [[nodiscard]] EventRows slice(log::Offset from, log::Offset to) const;
  /// Removes all, but not the memory they took.
  void clear();

  [[nodiscard]] log::PartitionId partition() const { return partition_; }
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] std::span<const EventKey> keys() const { return keys_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }
  [[nodiscard]] std::size_t memory() const;
  /// Read back from the bytes.
  [[nodiscard]] std::vector<EventRow> decoded() const;

 private:
  [[nodiscard]] std::size_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends_[index - 1]; }
  /// The bytes of a row's event: all columns before received_at.
  [[nodiscard]] std::string_view event_at(std::size_t index) const;

  log::PartitionId partition_;
  std::string topic_;
  std::vector<EventKey> keys_;
  std::vector<std::size_t> ends_;  ///< Where in the bytes each row ends.
  std::string bytes_;
};

}  // namespace fanfinity::store
