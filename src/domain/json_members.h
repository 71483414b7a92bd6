#pragma once
// Members of the JSON objects we write: each call appends `"name":value`, and a comma before it where one is
// due.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "domain/event.h"

namespace fanfinity::domain {

using TypeCounts = std::map<EventType, std::uint64_t>;

void append_name(std::string_view name, std::string& out);
void append_count(std::string_view name, std::uint64_t count, std::string& out);
void append_time(std::string_view name, base::Timestamp at, std::string& out);
void append_text(std::string_view name, std::string_view text, std::string& out);
/// {"pass":2,"goal":1}
void append_counts(std::string_view name, const TypeCounts& counts, std::string& out);

}  // namespace fanfinity::domain
