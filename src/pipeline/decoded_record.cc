#include "pipeline/decoded_record.h"

#include <utility>

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

using Content = decltype(DecodedRecord::content);

Content decode_event(const log::Record& record, const Home& home, domain::EventParser& parser) {
  domain::ParsedEvent parsed = parser.parse(record.value);
  if (const auto* errors = std::get_if<std::vector<domain::FieldError>>(&parsed)) {
    return Undecodable{describe(*errors)};
  }
  auto& event = std::get<domain::Event>(parsed);
  if (event.id != record.key) return Undecodable{"The record's key is not the id of its event."};
  // Only the owner of a partition may insert its ids; an id that stands elsewhere could be counted twice.
  if (log::partition_of(event.id.hash(), home.partitions) != home.partition) {
    return Undecodable{"The record stands in another partition than the one its key belongs to."};
  }
  return std::move(event);
}

Content decode_response_times(const log::Record& record) {
  auto parsed = domain::parse_response_times(record.value);
  if (!parsed) return Undecodable{parsed.error().detail};
  return std::move(*parsed);
}

}  // namespace

DecodedRecord decode(log::FetchedRecord fetched, const Home& home, domain::EventParser& parser) {
  Content content = fetched.record.kind == log::RecordKind::kResponseTimes
                        ? decode_response_times(fetched.record)
                        : decode_event(fetched.record, home, parser);
  return DecodedRecord{fetched.offset, std::move(fetched.record), std::move(content)};
}

}  // namespace fanfinity::pipeline
