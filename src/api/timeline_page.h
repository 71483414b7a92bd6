#pragma once
// Which timeline a request asks for, and the name it has among the cached views.

#include <chrono>
#include <string>
#include <string_view>

#include "api/parameters.h"
#include "domain/timeline.h"
#include "store/time_span.h"

namespace fanfinity::api {

struct TimelineQuery {
  std::string match_id;
  std::chrono::seconds bucket{60};
  store::TimeSpan span;  ///< At the borders of buckets, so that none is counted in part.
  bool plain = true;     ///< Without any parameter: every minute there is.
  bool operator==(const TimelineQuery&) const = default;

  [[nodiscard]] bool is_fine() const { return bucket < std::chrono::minutes(1); }
};

/// What `parameters` ask for, as far as it is valid; the rest is in their complaints.
[[nodiscard]] TimelineQuery parse_timeline_query(Parameters& parameters);

/// One for each valid query, from which the same query can be read.
[[nodiscard]] std::string name_of(const TimelineQuery& query);
[[nodiscard]] TimelineQuery timeline_query_of(std::string_view name);

}  // namespace fanfinity::api
