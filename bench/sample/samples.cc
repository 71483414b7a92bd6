#include "bench/sample/samples.h"

#include <cstdlib>
#include <utility>
#include <variant>

#include "bench/load/event_ids.h"
#include "bench/load/event_sample.h"
#include "domain/event_json.h"

namespace fanfinity::bench {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr base::Timestamp kReceivedAt{std::chrono::milliseconds{1'700'000'000'000}};

}  // namespace

std::vector<std::string> sample_bodies(std::uint64_t count, std::uint64_t matches, std::string_view prefix) {
  const EventIds ids(kSeed);
  std::vector<std::string> bodies(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t id = append_event_sample(i, match_name(prefix, i % matches), bodies[i]);
    ids(i).format_to(bodies[i].data() + id);
  }
  return bodies;
}

std::vector<domain::Event> sample_events(std::uint64_t count, std::uint64_t matches,
                                         std::string_view prefix) {
  domain::EventParser parser;
  std::vector<domain::Event> events;
  events.reserve(count);
  for (const std::string& body : sample_bodies(count, matches, prefix)) {
    auto parsed = parser.parse(body);
    auto* event = std::get_if<domain::Event>(&parsed);
    if (event == nullptr) std::abort();  // The samples are valid, or append_event_sample is wrong.
    events.push_back(std::move(*event));
  }
  return events;
}

std::vector<log::Record> sample_records(std::uint64_t count, std::uint64_t matches, std::string_view prefix) {
  std::vector<log::Record> records;
  records.reserve(count);
  for (const domain::Event& event : sample_events(count, matches, prefix)) {
    log::Record record;
    record.key = event.id;
    domain::append_event_json(event, record.value);
    record.received_at = kReceivedAt;
    record.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace fanfinity::bench
