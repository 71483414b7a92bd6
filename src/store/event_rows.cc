#include "store/event_rows.h"

#include <algorithm>
#include <cstring>

#include "store/row_binary.h"

namespace fanfinity::store {
namespace {

constexpr std::size_t kArrivalBytes = 8 + 4 + 8;  // received_at, partition, offset; without the topic.
constexpr std::size_t kFixedBytes = 16 + 1 + 8 + 1 + 1 + kArrivalBytes;  // All but the texts.

}  // namespace

EventRows::EventRows(log::PartitionId partition, std::string_view topic)
    : partition_(partition), topic_(topic) {}

void EventRows::add(const domain::Event& event, base::Timestamp received_at, log::Offset offset) {
  const std::size_t begin = bytes_.size();
  bytes_.resize(begin + kFixedBytes + row_binary_bytes(event.match_id) +
                (event.player ? row_binary_bytes(*event.player) : 0) + row_binary_bytes(event.metadata) +
                row_binary_bytes(topic_));
  RowBinaryWriter out(bytes_.data() + begin);
  out.uuid(event.id);
  out.text(event.match_id);
  out.integer(static_cast<std::int8_t>(event.type));
  out.timestamp(event.at);
  out.integer(event.team);
  out.integer(static_cast<std::uint8_t>(event.player ? 0 : 1));  // NULL flag
  if (event.player) out.text(*event.player);
  out.text(event.metadata);
  out.timestamp(received_at);
  out.text(topic_);
  out.integer(log::number(partition_));
  out.integer(log::number(offset));
  keys_.push_back({event.id, offset, received_at, event.at});
  ends_.push_back(bytes_.size());
}

void EventRows::keep(std::span<const std::size_t> indices) {
  std::size_t kept = 0;
  std::size_t to = 0;
  for (const std::size_t index : indices) {
    const std::size_t begin = begin_of(index);  // Not yet overwritten: `kept` is at most `index`.
    const std::size_t length = ends_[index] - begin;
    if (to != begin) std::memmove(bytes_.data() + to, bytes_.data() + begin, length);
    to += length;
    keys_[kept] = keys_[index];
    ends_[kept] = to;
    ++kept;
  }
  keys_.resize(kept);
  ends_.resize(kept);
  bytes_.resize(to);
}

std::string_view EventRows::event_at(std::size_t index) const {
  const std::size_t begin = begin_of(index);
  const std::size_t arrival = kArrivalBytes + row_binary_bytes(topic_);
  return std::string_view(bytes_).substr(begin, ends_[index] - begin - arrival);
}

bool EventRows::same_event(std::size_t one, std::size_t other) const {
  return event_at(one) == event_at(other);
}

EventRows EventRows::slice(log::Offset from, log::Offset to) const {
  const auto index_of = [this](log::Offset offset) {
    return static_cast<std::size_t>(std::ranges::lower_bound(keys_, offset, {}, &EventKey::offset) -
                                    keys_.begin());
  };
  const std::size_t first = index_of(from);
  const std::size_t end = std::max(first, index_of(to));
  EventRows part(partition_, topic_);
  const std::size_t begin = begin_of(first);
  part.bytes_ = bytes_.substr(begin, begin_of(end) - begin);
  part.keys_.assign(keys_.begin() + static_cast<std::ptrdiff_t>(first),
                    keys_.begin() + static_cast<std::ptrdiff_t>(end));
  for (std::size_t i = first; i < end; ++i) part.ends_.push_back(ends_[i] - begin);
  return part;
}

void EventRows::clear() {
  keys_.clear();
  ends_.clear();
  bytes_.clear();
}

std::size_t EventRows::memory() const {
  return keys_.capacity() * sizeof(EventKey) + ends_.capacity() * sizeof(std::size_t) + bytes_.capacity();
}

std::vector<EventRow> EventRows::decoded() const {
  std::vector<EventRow> rows(keys_.size());
  RowBinaryReader in(bytes_);
  for (EventRow& row : rows) {
    row.event.id = in.uuid();
    row.event.match_id = in.text();
    row.event.type = static_cast<domain::EventType>(in.integer<std::int8_t>());
    row.event.at = in.timestamp();
    row.event.team = in.integer<std::uint8_t>();
    if (in.integer<std::uint8_t>() == 0) row.event.player = in.text();
    row.event.metadata = in.text();
    row.received_at = in.timestamp();
    static_cast<void>(in.text());                    // The topic,
    static_cast<void>(in.integer<std::uint32_t>());  // the partition.
    row.offset = log::Offset{in.integer<std::int64_t>()};
  }
  return rows;
}

}  // namespace fanfinity::store
