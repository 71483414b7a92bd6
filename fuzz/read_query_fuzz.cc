// Whatever stands behind the question mark: no crash, and what is accepted is within its bounds and reads the
// same under the name by which it is cached.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "api/event_cursor.h"
#include "api/event_page.h"
#include "api/match_cursor.h"
#include "api/timeline_page.h"
#include "http/percent.h"

namespace {

namespace api = fanfinity::api;

void require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

void check_cursors(std::string_view text) {
  if (const auto position = api::decode_event_cursor(text)) {
    require(api::decode_event_cursor(api::encode_cursor(*position)) == position,
            "a cursor of events is read back");
  }
  if (const auto cursor = api::decode_cursor(text)) {
    const auto again = api::decode_cursor(api::encode_cursor(*cursor));
    require(again && again->match_id == cursor->match_id && again->last_activity == cursor->last_activity,
            "a cursor of matches is read back");
  }
}

void check_events(const fanfinity::http::Request& request) {
  api::Parameters parameters(request);
  const auto query = api::parse_event_query(parameters);
  const auto refusal = parameters.refusal();
  require(!refusal || refusal->status == 400, "a refusal is a 400");
  if (refusal) return;
  require(query.limit >= 1 && query.limit <= api::kMaxLimit, "a limit is bounded");
  require(!query.span.from || !query.span.to || *query.span.from < *query.span.to, "a span is not empty");
  require(query.types.size() <= fanfinity::domain::kAllEventTypes.size(), "types are named once");
  require(api::event_query_of(api::name_of(query)) == query, "the name of events is their query");
}

void check_timeline(const fanfinity::http::Request& request) {
  api::Parameters parameters(request);
  const auto query = api::parse_timeline_query(parameters);
  if (parameters.refusal()) return;
  require(query.bucket >= std::chrono::seconds(1) && query.bucket <= std::chrono::hours(1),
          "a bucket is bounded");
  require(!query.span.from || !query.span.to || *query.span.from < *query.span.to, "a span is not empty");
  require(api::timeline_query_of(api::name_of(query)) == query, "the name of a timeline is its query");
}

}  // namespace

/// The path's match id up to the first "?", and the query.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t question = std::min(input.find('?'), input.size());
  const auto match_id = fanfinity::http::percent_decode(input.substr(0, question));
  auto query = fanfinity::http::parse_query(input.substr(std::min(question + 1, input.size())));
  if (!match_id || !query) return 0;
  check_cursors(*match_id);
  for (const auto& [name, value] : *query) check_cursors(value);
  fanfinity::http::Request request;
  request.params = {*match_id};
  request.query = std::move(*query);
  check_events(request);
  check_timeline(request);
  return 0;
}
