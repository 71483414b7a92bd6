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

/// The rollup tells where the events of the match lie, so that no more than that is counted one by one.
http::Response read_seconds(const MatchPorts& matches, const EventPorts& events, const TimelineQuery& query) {
  const auto as_of = events.as_of();
  if (!as_of) return view_problem(as_of.error());
  const auto metrics = matches.reader.metrics(std::span(&query.match_id, 1));
  if (!metrics) return view_problem(metrics.error());
  if (metrics->empty()) return view_problem({base::Errc::kNotFound, "The match has no event."});
  const base::Timestamp first =
      std::max(metrics->front().first_at, query.span.from.value_or(base::Timestamp{}));
  const base::Timestamp last =
      std::min(metrics->front().last_at, query.span.to.value_or(base::Timestamp::max()) - milliseconds{1});
  domain::Timeline none{query.match_id, {}, {}, query.bucket};
  if (last < first) return answer(none, *as_of);
  if (domain::buckets_between(first, last, query.bucket) > kMostBuckets) {
    return too_many(fmt::format("reaches over at most {} buckets, and the match goes on from {} to {}",
                                kMostBuckets, base::format_rfc3339(first), base::format_rfc3339(last)),
                    domain::bucket_for(first, last, kMostBuckets));
  }
  auto timeline =
      events.reader.timeline({query.match_id, query.bucket, domain::bucket_start(first, query.bucket),
                              domain::bucket_end(last + milliseconds{1}, query.bucket)});
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
