// From JSON and to JSON.

#include <simdjson.h>

#include <array>
#include <memory>
#include <utility>
#include <variant>

#include "bench/event_cost/step.h"
#include "bench/sample/samples.h"
#include "domain/event_json.h"

namespace fanfinity::bench {
namespace {

using base::Errc;
using base::Error;
using base::Result;
using domain::BatchFormat;

Error not_parsed() {
  return Error{Errc::kInternal, "A sample was not parsed; append_event_sample makes invalid events."};
}

Result<Work> parse(const StepOptions& /*options*/) {
  return Work([bodies = sample_bodies(kSamples), parser = std::make_shared<domain::EventParser>()](
                  std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t seen = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto parsed = parser->parse(bodies[i % kSamples]);
      const auto* event = std::get_if<domain::Event>(&parsed);
      if (event == nullptr) return not_parsed();
      seen += event->id.bytes[0];
    }
    return seen;
  });
}

std::string batch_body(BatchFormat format) {
  const bool array = format == BatchFormat::kJsonArray;
  std::string body(array ? "[" : "");
  for (const std::string& event : sample_bodies(kSamples)) body.append(event).append(array ? "," : "\n");
  if (array) body.back() = ']';
  return body;
}

template <BatchFormat Format>
Result<Work> parse_batch(const StepOptions& /*options*/) {
  return Work([body = batch_body(Format), parser = std::make_shared<domain::EventParser>()](
                  std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t seen = 0;
    for (std::uint64_t done = 0; done < count; done += kSamples) {
      const auto parsed = parser->parse_batch(body, Format, kSamples);
      const auto* items = std::get_if<std::vector<domain::BatchItem>>(&parsed);
      if (items == nullptr || items->size() != kSamples) return not_parsed();
      seen += items->back().index;
    }
    return seen;
  });
}

Result<Work> simdjson_one(const StepOptions& /*options*/) {
  std::vector<simdjson::padded_string> bodies;
  for (const std::string& body : sample_bodies(kSamples)) bodies.emplace_back(body);
  auto parser = std::make_shared<simdjson::dom::parser>();
  return Work([bodies = std::make_shared<decltype(bodies)>(std::move(bodies)),
               parser](std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t seen = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      simdjson::dom::element document;
      if (parser->parse((*bodies)[i % kSamples]).get(document) != simdjson::SUCCESS) return not_parsed();
      if (document.is_object()) ++seen;
    }
    return seen;
  });
}

Result<Work> simdjson_lines(const StepOptions& /*options*/) {
  auto body = std::make_shared<simdjson::padded_string>(batch_body(BatchFormat::kNdjson));
  auto parser = std::make_shared<simdjson::dom::parser>();
  parser->threaded = false;
  return Work([body, parser](std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t seen = 0;
    for (std::uint64_t done = 0; done < count; done += kSamples) {
      simdjson::dom::document_stream lines;
      if (parser->parse_many(*body, body->size()).get(lines) != simdjson::SUCCESS) return not_parsed();
      for (auto line : lines) {
        if (line.error() != simdjson::SUCCESS) return not_parsed();
        ++seen;
      }
    }
    return seen;
  });
}

Result<Work> simdjson_array(const StepOptions& /*options*/) {
  auto body = std::make_shared<simdjson::padded_string>(batch_body(BatchFormat::kJsonArray));
  auto parser = std::make_shared<simdjson::dom::parser>();
  return Work([body, parser](std::uint64_t count) -> Result<std::uint64_t> {
    std::uint64_t seen = 0;
    for (std::uint64_t done = 0; done < count; done += kSamples) {
      simdjson::dom::element document;
      if (parser->parse(*body).get(document) != simdjson::SUCCESS) return not_parsed();
      if (document.is_array()) ++seen;
    }
    return seen;
  });
}

Result<Work> encode(const StepOptions& /*options*/) {
  return Work([events = sample_events(kSamples),
               out = std::string()](std::uint64_t count) mutable -> Result<std::uint64_t> {
    std::uint64_t bytes = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      out.clear();
      domain::append_event_json(events[i % kSamples], out);
      bytes += out.size();
    }
    return bytes;
  });
}

constexpr std::array<Step, 7> kSteps = {{
    {"parse", "the body of one event: parsed, validated", parse},
    {"parse_batch", "1,000 events as NDJSON: parsed, validated", parse_batch<BatchFormat::kNdjson>},
    {"parse_array", "1,000 events as an array: parsed, validated", parse_batch<BatchFormat::kJsonArray>},
    {"simdjson", "simdjson alone over the bytes of `parse`", simdjson_one},
    {"simdjson_batch", "simdjson alone over the bytes of `parse_batch`", simdjson_lines},
    {"simdjson_array", "simdjson alone over the bytes of `parse_array`", simdjson_array},
    {"encode", "an event as canonical JSON, the value of its record", encode},
}};

}  // namespace

std::span<const Step> json_steps() {
  return kSteps;
}

}  // namespace fanfinity::bench
