#pragma once
// Which events a request asks for, and the name such a page has among the cached views.

#include <string>
#include <string_view>

#include "api/parameters.h"
#include "store/event_reader.h"

namespace fanfinity::api {

/// What `parameters` ask for, as far as it is valid; the rest is in their complaints.
[[nodiscard]] store::EventQuery parse_event_query(Parameters& parameters);

/// One for each valid query, from which the same query can be read.
[[nodiscard]] std::string name_of(const store::EventQuery& query);
[[nodiscard]] store::EventQuery event_query_of(std::string_view name);

}  // namespace fanfinity::api
