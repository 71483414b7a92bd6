#pragma once
// A range of a partition and what its records say. Whether a record can be read depends on its bytes
// alone, so the answer is the same at every replay.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/event_json.h"
#include "domain/response_times.h"
#include "log/log.h"
#include "store/event_rows.h"

namespace fanfinity::pipeline {

/// Where a record must stand for its partition's owner to be the one who may store it.
struct Home {
  log::PartitionId partition{};
  std::uint32_t partitions = 1;
};

/// Response times as measured by one server in one second.
struct MeasuredTimes {
  log::Offset offset{};
  domain::ResponseTimesRecord record;
};

struct UnreadableRecord {
  log::Offset offset{};
  log::Record record;
  std::string reason;  ///< One sentence, bounded.
};

/// [first, end) and everything in it, each kind in offset order. Of an event only its row is kept: a
/// backlog is read in large ranges, and the record is still in the log should somebody ask for it.
struct Range {
  log::Offset first{};
  log::Offset end{};
  store::EventRows events{};
  std::vector<MeasuredTimes> response_times{};
  std::vector<UnreadableRecord> unreadable{};
  std::size_t records = 0;
  std::size_t bytes = 0;             ///< Of their values.
  base::Timestamp first_received{};  ///< Of the first record; of none, the epoch.
  base::Timestamp last_received{};   ///< Of the last one.
  log::Offset log_end{};             ///< Of the last fetch.
  base::Timestamp seen_before{};     ///< A moment before the last fetch began.
  bool at_end = false;  ///< The last fetch found the end of the partition: nothing lies beyond `end`.

  [[nodiscard]] bool empty() const { return records == 0; }
  void take(const log::FetchedRecord& fetched, const Home& home, domain::EventParser& parser);
};

}  // namespace fanfinity::pipeline
