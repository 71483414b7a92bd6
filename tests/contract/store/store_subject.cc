#include "store_subject.h"

#include <charconv>

namespace fanfinity::store {

base::Timestamp at(std::string_view text) {
  const auto number = [&](std::size_t from, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + from, text.data() + from + size, value);
    return value;
  };
  using namespace std::chrono;
  const year_month_day day{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))},
                           std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  return sys_days{day} + hours{number(11, 2)} + minutes{number(14, 2)} + seconds{number(17, 2)} +
         milliseconds{number(20, 3)};
}

EventRow event_row(std::string match, std::int64_t offset, domain::EventType type,
                   std::string_view event_time, std::string_view received_at, std::uint8_t team) {
  EventRow row;
  row.event.id = base::Uuid::random();
  row.event.match_id = std::move(match);
  row.event.type = type;
  row.event.at = at(event_time);
  row.event.team = team;
  row.received_at = at(received_at);
  row.offset = log::Offset{offset};
  return row;
}

Batch batch_of(const std::vector<EventRow>& rows, std::uint32_t partition) {
  Batch batch{.events = EventRows(log::PartitionId{partition}), .response_times = {}};
  for (const EventRow& row : rows) batch.events.add(row.event, row.received_at, row.offset);
  return batch;
}

Batch batch_of(std::string_view match, std::int64_t first, std::int64_t count, std::uint32_t partition) {
  std::vector<EventRow> rows;
  for (std::int64_t i = 0; i < count; ++i) {
    rows.push_back(event_row(std::string(match), first + i));
    rows.back().event.at += std::chrono::seconds{i};
    rows.back().received_at += std::chrono::seconds{i};
  }
  return batch_of(rows, partition);
}

domain::ResponseTimesRecord response_times(std::string match, std::int16_t bucket, std::uint64_t count) {
  domain::ResponseTimesRecord record;
  record.match_id = std::move(match);
  record.times.add_bucket(bucket, count);
  return record;
}

}  // namespace fanfinity::store
