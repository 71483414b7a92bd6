#include "api/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/timeline_page.h"
#include "base/rfc3339.h"
#include "domain/timeline.h"

namespace fanfinity::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Some 4 MB of JSON at the very most.
constexpr std::uint64_t kMostBuckets = 10'000;
constexpr seconds kMinute{60};

http::Response answer(domain::Timeline& timeline, base::Timestamp as_of) {
  timeline.as_of = as_of;
  http::Response response;
  domain::append_timeline_json(timeline, response.body);
  tag_view(response);
  return response;
}

/// 400 that says which bucket would do.
http::Response too_many(const std::string& what, const std::optional<seconds>& would_do) {
  const std::string remedy = would_do ? fmt::format("bucket={} would do, or a shorter time by from and to",
                                                    domain::format_bucket(*would_do))
                                      : std::string("ask for a shorter time by from and to");
  return http::problem(400, "The timeline would be too long.", {{"bucket", what + "; " + remedy}});
}

http::Response read_minutes(const MatchPorts& ports, const TimelineQuery& query) {
  const auto as_of = ports.as_of();
  if (!as_of) return view_problem(as_of.error());
  auto timeline = ports.reader.timeline(query.match_id, query.span);
  if (!timeline && timeline.error().code == base::Errc::kFull) {
    return too_many("would need more minutes than can be read at once", std::nullopt);
  }
  if (!timeline) return view_problem(timeline.error());
  const std::uint64_t buckets = domain::buckets_of(*timeline, query.bucket);
  if (!query.plain && buckets > kMostBuckets) {
    return too_many(
        fmt::format("would make {} buckets, more than the {} of an answer", buckets, kMostBuckets),
        domain::bucket_for(*timeline, kMostBuckets));
  }
  if (query.bucket != timeline->bucket) domain::widen(*timeline, query.bucket);
  return answer(*timeline, *as_of);
}

/// The rollup tells which minutes hold events, so that no more than those are counted one by one: an event
/// whose clock was years off adds one minute, not years.
http::Response read_seconds(const MatchPorts& matches, const EventPorts& events, const TimelineQuery& query) {
  const auto as_of = events.as_of();
  if (!as_of) return view_problem(as_of.error());
  store::TimeSpan whole_minutes = query.span;
  if (whole_minutes.from) whole_minutes.from = domain::bucket_start(*whole_minutes.from, kMinute);
  if (whole_minutes.to) whole_minutes.to = domain::bucket_end(*whole_minutes.to, kMinute);
  const auto by_minute = matches.reader.timeline(query.match_id, whole_minutes);
  if (!by_minute) return view_problem(by_minute.error());
  domain::Timeline none{query.match_id, {}, {}, query.bucket};
  if (by_minute->cells.empty()) return answer(none, *as_of);
  const std::uint64_t minutes = domain::buckets_of(*by_minute, kMinute);
  if (const std::uint64_t most = domain::buckets_in(minutes, query.bucket); most > kMostBuckets) {
    const auto finer = domain::bucket_for(minutes, kMostBuckets);
    return too_many(fmt::format("may make {} buckets, more than the {} of an answer", most, kMostBuckets),
                    finer ? finer : domain::bucket_for(*by_minute, kMostBuckets));
  }
  const base::Timestamp first = by_minute->cells.front().start;
  const base::Timestamp end = by_minute->cells.back().start + kMinute;
  auto timeline = events.reader.timeline(
      {query.match_id, query.bucket,
       std::max(first, domain::bucket_start(query.span.from.value_or(first), query.bucket)),
       std::min(end, domain::bucket_end(query.span.to.value_or(end), query.bucket))});
  if (!timeline) return view_problem(timeline.error());
  return answer(*timeline, *as_of);
}

}  // namespace

http::Route get_timeline(const MatchPorts& matches, const EventPorts& events) {
  auto& minutes = matches.cache.add([matches](std::span<const std::string> names) {
    return std::vector{read_minutes(matches, timeline_query_of(names.front()))};
  });
  auto& fine = events.cache.add([matches, events](std::span<const std::string> names) {
    return std::vector{read_seconds(matches, events, timeline_query_of(names.front()))};
  });
  http::Route route;
  route.path = "/api/matches/{matchId}/timeline";
  route.access = http::Access::kRead;
  route.handler = [matches, events, &minutes, &fine](const http::Request& request,
                                                     const http::Responder& respond) {
    Parameters parameters(request);
    const TimelineQuery query = parse_timeline_query(parameters);
    if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
    matches.observer.on_view(
        query.is_fine() ? events.cache.get(fine, name_of(query), request.accept_encoding, respond)
                        : matches.cache.get(minutes, name_of(query), request.accept_encoding, respond));
  };
  return route;
}

}  // namespace fanfinity::api
