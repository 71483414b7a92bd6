#include "pipeline/range.h"

#include <utility>
#include <variant>

namespace fanfinity::pipeline {
namespace {

constexpr std::size_t kMaxReasonBytes = 500;

std::string describe(const std::vector<domain::FieldError>& errors) {
  std::string reason = "The record is not an event:";
  for (const domain::FieldError& error : errors) {
    reason += error.field.empty() ? " " + error.detail : " " + error.field + ": " + error.detail;
    if (reason.size() > kMaxReasonBytes) break;
  }
  if (reason.size() > kMaxReasonBytes) reason.resize(kMaxReasonBytes);
  return reason;
}

/// Why the event may not be stored from here; empty when it may.
std::string misplaced(const domain::Event& event, const log::Record& record, const Home& home) {
  if (event.id != record.key) return "The record's key is not the id of its event.";
  // Only the owner of a partition may insert its ids; an id that stands elsewhere could be counted twice.
  if (log::partition_of(event.id.hash(), home.partitions) == home.partition) return {};
  return "The record stands in another partition than the one its key belongs to.";
}

}  // namespace

void Range::take(const log::FetchedRecord& fetched, const Home& home, domain::EventParser& parser) {
  const log::Record& record = fetched.record;
  bytes += record.value.size();
  last_received = record.received_at;
  if (records++ == 0) first_received = last_received;

  const auto bury = [&](std::string reason) {
    unreadable.push_back({fetched.offset, record, std::move(reason)});
  };
  if (record.kind == log::RecordKind::kResponseTimes) {
    auto times = domain::parse_response_times(record.value);
    if (!times) return bury(times.error().detail);
    response_times.push_back({fetched.offset, std::move(*times)});
    return;
  }
  const domain::Event* event = parser.parse_canonical(record.value);
  domain::ParsedEvent parsed;
  if (event == nullptr) {
    parsed = parser.parse_stored(record.value);
    event = std::get_if<domain::Event>(&parsed);
  }
  if (event == nullptr) return bury(describe(std::get<std::vector<domain::FieldError>>(parsed)));
  if (auto fault = misplaced(*event, record, home); !fault.empty()) return bury(std::move(fault));
  events.add(*event, record.received_at, fetched.offset);
}

}  // namespace fanfinity::pipeline
