#pragma once
// A record of `events` and what it says. Whether it can be decoded depends on its bytes alone, so the
// answer is the same at every replay.

#include <cstdint>
#include <string>
#include <variant>

#include "domain/event.h"
#include "domain/event_json.h"
#include "domain/response_times.h"
#include "log/log.h"

namespace fanfinity::pipeline {

struct Undecodable {
  std::string reason;  ///< One sentence, bounded.
};

struct DecodedRecord {
  log::Offset offset{};
  log::Record record;  ///< As it was read: what `retry` and `dead` receive.
  std::variant<domain::Event, domain::ResponseTimesRecord, Undecodable> content;
};

/// Where the record must stand for its partition's owner to be the one who may store it.
struct Home {
  log::PartitionId partition{};
  std::uint32_t partitions = 1;
};

[[nodiscard]] DecodedRecord decode(log::FetchedRecord fetched, const Home& home, domain::EventParser& parser);

}  // namespace fanfinity::pipeline
