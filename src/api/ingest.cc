#include "api/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/rfc3339.h"
#include "domain/event_json.h"

namespace fanfinity::api {
namespace {

using base::Errc;
using domain::Event;
using domain::FieldError;

constexpr std::chrono::seconds kRetryAfter{1};
constexpr std::array<std::string_view, 2> kJsonTypes = {"application/json", "application/*+json"};
// An event a line, under every name that is in use for it: none is registered.
constexpr std::array<std::string_view, 5> kLineTypes = {"application/x-ndjson", "application/ndjson",
                                                        "application/jsonl", "application/x-jsonlines",
                                                        "application/jsonlines"};
// Clocks differ by seconds, and some feeds send what is scheduled a little ahead.
constexpr std::chrono::minutes kFuture{5};
constexpr std::size_t kMaxProblems = 100;  // Named in the answer to a batch; the rest is counted.
constexpr std::size_t kMaxEchoedId = 64;   // Longer ones are no UUID and are not repeated.

/// One a thread: it keeps its buffers.
domain::EventParser& parser() {
  thread_local domain::EventParser instance;
  return instance;
}

log::Record to_record(const Event& event, const http::Request& request) {
  log::Record record;
  record.kind = log::RecordKind::kEvent;
  record.key = event.id;
  domain::append_event_json(event, record.value);
  record.received_at = request.received_at;
  record.traceparent = request.traceparent;
  return record;
}

http::Response not_durable(const base::Error& error) {
  switch (error.code) {
    case Errc::kInvalid:
    case Errc::kRefused:
      return http::problem(400, error.detail);
    case Errc::kNotFound:
    case Errc::kUnavailable:
    case Errc::kFull:
    case Errc::kUnknownOutcome:
    case Errc::kFenced:
    case Errc::kCorrupt:
    case Errc::kStopped:
    case Errc::kInternal:
      break;
  }
  http::Response response = http::problem_retry(
      503,
      "The event could not be made durable. It may or may not be stored: send it again, it is counted once.",
      kRetryAfter);
  response.cause = error.detail;
  return response;
}

std::string_view to_string(Known known) {
  switch (known) {
    case Known::kNo:
      return "";
    case Known::kSame:
      return "same";
    case Known::kDifferent:
      return "different";
  }
  return "";
}

http::Response accepted(const Event& event, base::Timestamp at, Known known) {
  http::Response response;
  response.status = 202;
  response.body.reserve(120);
  response.body += R"({"eventId":")";
  const std::size_t start = response.body.size();
  response.body.resize(start + 36);
  event.id.format_to(response.body.data() + start);
  response.body += R"(","status":"accepted","timestamp":")";
  base::append_rfc3339(at, response.body);
  if (known != Known::kNo) response.body.append(R"(","known":")").append(to_string(known));
  response.body += "\"}";
  return response;
}

std::vector<http::FieldProblem> to_problems(const std::vector<FieldError>& errors) {
  std::vector<http::FieldProblem> problems;
  problems.reserve(errors.size());
  for (const FieldError& error : errors) problems.push_back({error.field, error.detail});
  return problems;
}

void handle_event(const IngestPorts& ports, const http::Request& request, const http::Responder& respond) {
  auto parsed = parser().parse(request.body);
  if (const auto* errors = std::get_if<std::vector<FieldError>>(&parsed)) {
    ports.observer.on_rejected(1);
    return respond(http::problem(400, "The event is not valid.", to_problems(*errors)));
  }
  auto event = std::make_shared<Event>(std::get<Event>(std::move(parsed)));
  std::vector<log::Record> records;
  records.push_back(to_record(*event, request));
  const std::uint32_t content = RecentIds::hash(records.front().value);
  auto done = [ports, event, content, respond,
               at = request.received_at](const base::Result<log::Producer::Ack>& ack) {
    if (!ack.ok()) {
      ports.observer.on_not_durable(1);
      return respond(not_durable(ack.error()));
    }
    const Known known = ports.recent_ids.accept(event->id, content);
    ports.observer.on_ingested(event->type, known);
    if (event->at > at + kFuture) ports.observer.on_from_the_future(1);
    http::Response response = accepted(*event, at, known);
    response.on_sent = [&times = ports.response_times, event](std::chrono::nanoseconds duration) {
      times.record(event->match_id, duration, 1);
    };
    respond(std::move(response));
  };
  ports.producer.append(log::Stream::kEvents, std::move(records), std::move(done));
}

void append_item_errors(const domain::BatchItem& item, std::string& out) {
  out += fmt::format(R"({{"index":{},"eventId":)", item.index);
  if (item.event_id.empty() || item.event_id.size() > kMaxEchoedId) {
    out += "null";
  } else {
    domain::append_json_string(item.event_id, out);
  }
  out += R"(,"errors":[)";
  bool first = true;
  for (const FieldError& error : std::get<std::vector<FieldError>>(item.event)) {
    if (!std::exchange(first, false)) out += ',';
    out += R"({"field":)";
    domain::append_json_string(error.field, out);
    out += R"(,"detail":)";
    domain::append_json_string(error.detail, out);
    out += '}';
  }
  out += "]}";
}

/// What is left of an event of a batch while it is on its way into the log.
struct Sent {
  base::Uuid id;
  std::uint32_t content_hash;
  domain::EventType type;
};

/// The events of a batch whose ids this server had accepted before, in this batch or earlier.
struct KnownEvents {
  std::size_t same = 0;
  std::size_t different = 0;
  std::vector<base::Uuid> different_ids;  ///< The first kMaxProblems.
};

/// What is left of a batch meanwhile.
struct BatchOutcome {
  std::vector<log::Record> records;
  std::unordered_map<std::string, std::uint64_t> by_match;
  std::vector<Sent> sent;
  std::uint64_t from_the_future = 0;
  std::size_t rejected = 0;
  std::string errors;  ///< Of the first kMaxProblems rejected events: the elements of a JSON array.
};

BatchOutcome sort_out(const std::vector<domain::BatchItem>& items, const http::Request& request) {
  BatchOutcome outcome;
  const auto valid = std::ranges::count_if(
      items, [](const domain::BatchItem& item) { return std::holds_alternative<Event>(item.event); });
  outcome.records.reserve(static_cast<std::size_t>(valid));
  outcome.sent.reserve(static_cast<std::size_t>(valid));
  for (const domain::BatchItem& item : items) {
    if (const auto* event = std::get_if<Event>(&item.event)) {
      const log::Record& record = outcome.records.emplace_back(to_record(*event, request));
      ++outcome.by_match[event->match_id];
      outcome.sent.push_back({event->id, RecentIds::hash(record.value), event->type});
      if (event->at > request.received_at + kFuture) ++outcome.from_the_future;
    } else if (++outcome.rejected <= kMaxProblems) {
      if (outcome.rejected > 1) outcome.errors += ',';
      append_item_errors(item, outcome.errors);
    }
  }
  return outcome;
}

KnownEvents accept(const IngestPorts& ports, const std::vector<Sent>& sent) {
  KnownEvents known;
  for (const Sent& event : sent) {
    const Known before = ports.recent_ids.accept(event.id, event.content_hash);
    ports.observer.on_ingested(event.type, before);
    if (before == Known::kSame) ++known.same;
    if (before != Known::kDifferent) continue;
    if (known.different++ < kMaxProblems) known.different_ids.push_back(event.id);
  }
  return known;
}

void append_known(const KnownEvents& known, std::string& out) {
  if (known.same + known.different == 0) return;
  out += fmt::format(R"(,"known":{{"same":{},"different":{},"differentIds":[)", known.same, known.different);
  for (const base::Uuid& id : known.different_ids) {
    if (out.back() != '[') out += ',';
    out.append("\"").append(id.to_string()).append("\"");
  }
  out += "]}";
}

http::Response batch_accepted(const BatchOutcome& outcome, const KnownEvents& known) {
  http::Response response;
  response.status = 202;
  response.body = fmt::format(R"({{"accepted":{},"rejected":{},"errors":[{}])", outcome.sent.size(),
                              outcome.rejected, outcome.errors);
  if (outcome.rejected > kMaxProblems) {
    response.body += fmt::format(R"(,"errorsOmitted":{})", outcome.rejected - kMaxProblems);
  }
  append_known(known, response.body);
  response.body += '}';
  return response;
}

/// `items` has no event.
http::Response none_valid(const std::vector<domain::BatchItem>& items) {
  std::vector<http::FieldProblem> problems;
  for (const domain::BatchItem& item : items) {
    for (const FieldError& error : std::get<std::vector<FieldError>>(item.event)) {
      if (problems.size() == kMaxProblems) break;
      const std::string separator = error.field.empty() ? "" : ".";
      problems.push_back({fmt::format("[{}]{}{}", item.index, separator, error.field), error.detail});
    }
  }
  return http::problem(400, fmt::format("None of the {} events is valid.", items.size()), problems);
}

http::Response faulty(const domain::BatchFault& fault) {
  switch (fault.kind) {
    case domain::BatchFault::Kind::kMalformed:
    case domain::BatchFault::Kind::kEmpty:
      return http::problem(400, fault.detail);
    case domain::BatchFault::Kind::kTooManyEvents:
      return http::problem(413, fault.detail);
  }
  return http::problem(400, fault.detail);
}

domain::BatchFormat batch_format(std::string_view media_type) {
  const bool lines = std::ranges::find(kLineTypes, media_type) != kLineTypes.end();
  return lines ? domain::BatchFormat::kNdjson : domain::BatchFormat::kJsonArray;
}

void handle_batch(const IngestPorts& ports, const http::Request& request, const http::Responder& respond) {
  auto parsed = parser().parse_batch(request.body, batch_format(request.content_type), kMaxBatchEvents);
  if (const auto* fault = std::get_if<domain::BatchFault>(&parsed)) return respond(faulty(*fault));
  const auto& items = std::get<std::vector<domain::BatchItem>>(parsed);
  auto outcome = std::make_shared<BatchOutcome>(sort_out(items, request));
  if (outcome->rejected > 0) ports.observer.on_rejected(outcome->rejected);
  if (outcome->records.empty()) return respond(none_valid(items));
  auto records = std::move(outcome->records);
  ports.producer.append(log::Stream::kEvents, std::move(records),
                        [ports, outcome, respond](const base::Result<log::Producer::Ack>& ack) {
                          if (!ack.ok()) {
                            ports.observer.on_not_durable(outcome->sent.size());
                            return respond(not_durable(ack.error()));
                          }
                          const KnownEvents known = accept(ports, outcome->sent);
                          ports.observer.on_from_the_future(outcome->from_the_future);
                          http::Response response = batch_accepted(*outcome, known);
                          response.on_sent = [&times = ports.response_times,
                                              outcome](std::chrono::nanoseconds duration) {
                            for (const auto& [match, events] : outcome->by_match) {
                              times.record(match, duration, events);
                            }
                          };
                          respond(std::move(response));
                        });
}

}  // namespace

http::Route post_event(IngestPorts ports) {
  http::Route route;
  route.method = http::Method::kPost;
  route.path = "/api/events";
  route.access = http::Access::kWrite;
  route.max_body = domain::kMaxEventBytes;
  route.media_types.assign(kJsonTypes.begin(), kJsonTypes.end());
  route.handler = [ports](const http::Request& request, const http::Responder& respond) {
    handle_event(ports, request, respond);
  };
  return route;
}

http::Route post_batch(IngestPorts ports) {
  http::Route route;
  route.method = http::Method::kPost;
  route.path = "/api/events/batch";
  route.access = http::Access::kWrite;
  route.max_body = kMaxBatchBytes;
  route.media_types.assign(kJsonTypes.begin(), kJsonTypes.end());
  route.media_types.insert(route.media_types.end(), kLineTypes.begin(), kLineTypes.end());
  route.handler = [ports](const http::Request& request, const http::Responder& respond) {
    handle_batch(ports, request, respond);
  };
  return route;
}

}  // namespace fanfinity::api
