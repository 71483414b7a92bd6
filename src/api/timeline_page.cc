#include "api/timeline_page.h"

#include <fmt/format.h>

#include "api/name_fields.h"

namespace fanfinity::api {

TimelineQuery parse_timeline_query(Parameters& parameters) {
  TimelineQuery query;
  query.match_id = parameters.match_id();
  const auto bucket = parameters.value<std::chrono::seconds>(
      "bucket", domain::parse_bucket,
      "must be 1s, 2s, 3s, 4s, 5s, 6s, 10s, 12s, 15s, 20s, 30s, as many minutes (1m to 30m), or 1h");
  query.bucket = bucket.value_or(query.bucket);
  query.span = parameters.span();
  query.plain = !bucket && !query.span.from && !query.span.to;
  if (query.span.from) query.span.from = domain::bucket_start(*query.span.from, query.bucket);
  if (query.span.to) query.span.to = domain::bucket_end(*query.span.to, query.bucket);
  return query;
}

std::string name_of(const TimelineQuery& query) {
  return fmt::format("{}\n{}\n{}\n{}\n{}", query.match_id, query.bucket.count(), line_of(query.span.from),
                     line_of(query.span.to), query.plain ? 1 : 0);
}

TimelineQuery timeline_query_of(std::string_view name) {
  TimelineQuery query;
  query.match_id = take_line(name);
  query.bucket = std::chrono::seconds(number_of<std::int64_t>(take_line(name)).value_or(60));
  query.span.from = timestamp_of(take_line(name));
  query.span.to = timestamp_of(take_line(name));
  query.plain = name == "1";
  return query;
}

}  // namespace fanfinity::api
