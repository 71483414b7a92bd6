#include "domain/json_members.h"

#include "base/rfc3339.h"
#include "domain/event_json.h"
#include "domain/json_number.h"

namespace fanfinity::domain {

void append_name(std::string_view name, std::string& out) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
}

void append_count(std::string_view name, std::uint64_t count, std::string& out) {
  append_name(name, out);
  append_json_number(count, out);
}

void append_time(std::string_view name, base::Timestamp at, std::string& out) {
  append_name(name, out);
  out += '"';
  base::append_rfc3339(at, out);
  out += '"';
}

void append_text(std::string_view name, std::string_view text, std::string& out) {
  append_name(name, out);
  append_json_string(text, out);
}

void append_counts(std::string_view name, const TypeCounts& counts, std::string& out) {
  append_name(name, out);
  out += '{';
  for (const auto& [type, count] : counts) append_count(to_string(type), count, out);
  out += '}';
}

}  // namespace fanfinity::domain
