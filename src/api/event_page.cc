#include "api/event_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/event_cursor.h"
#include "api/name_fields.h"

namespace fanfinity::api {
namespace {

std::string types_detail() {
  std::string names;
  for (const domain::EventType type : domain::kAllEventTypes) {
    names.append(names.empty() ? "" : ", ").append(domain::to_string(type));
  }
  return "must be one or more of: " + names;
}

std::vector<domain::EventType> parse_types(Parameters& parameters) {
  std::vector<domain::EventType> types;
  for (const std::string_view name : parameters.list("type")) {
    const auto type = domain::parse_event_type(name);
    if (!type) {
      parameters.complain("type", types_detail());
      return {};
    }
    types.push_back(*type);
  }
  std::ranges::sort(types);
  types.erase(std::ranges::unique(types).begin(), types.end());
  return types;
}

std::optional<std::uint8_t> parse_team(std::string_view text) {
  if (text != "1" && text != "2") return std::nullopt;
  return static_cast<std::uint8_t>(text.front() - '0');
}

std::optional<std::string> parse_player(std::string_view text) {
  if (!domain::is_valid_player_filter(text)) return std::nullopt;
  return std::string(text);
}

std::optional<bool> parse_order(std::string_view text) {
  if (text == "desc") return true;
  if (text == "asc") return false;
  return std::nullopt;
}

}  // namespace

store::EventQuery parse_event_query(Parameters& parameters) {
  store::EventQuery query;
  query.match_id = parameters.match_id();
  query.latest_first = parameters.value<bool>("order", parse_order, "must be asc or desc").value_or(true);
  query.types = parse_types(parameters);
  query.team = parameters.value<std::uint8_t>("team", parse_team, "must be 1 or 2");
  query.player =
      parameters.value<std::string>("player", parse_player, "must be up to 256 bytes of UTF-8 without a NUL");
  query.span = parameters.span();
  query.limit = parameters.limit();
  query.after = parameters.value<store::EventPosition>("cursor", decode_event_cursor,
                                                       "must be a nextCursor from an earlier answer");
  return query;
}

// The player may have line feeds, and comes last.
std::string name_of(const store::EventQuery& query) {
  std::string name =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", query.match_id, query.limit, query.latest_first ? 1 : 0,
                  query.after ? encode_cursor(*query.after) : std::string(),
                  query.team ? std::to_string(*query.team) : std::string(), line_of(query.span.from),
                  line_of(query.span.to));
  for (const domain::EventType type : query.types) name += static_cast<char>('a' + static_cast<int>(type));
  name += '\n';
  if (query.player) name += "=" + *query.player;
  return name;
}

store::EventQuery event_query_of(std::string_view name) {
  store::EventQuery query;
  query.match_id = take_line(name);
  query.limit = number_of<std::size_t>(take_line(name)).value_or(1);
  query.latest_first = take_line(name) == "1";
  query.after = decode_event_cursor(take_line(name));
  query.team = number_of<std::uint8_t>(take_line(name));
  query.span.from = timestamp_of(take_line(name));
  query.span.to = timestamp_of(take_line(name));
  for (const char type : take_line(name)) query.types.push_back(static_cast<domain::EventType>(type - 'a'));
  if (!name.empty()) query.player = name.substr(1);
  return query;
}

}  // namespace fanfinity::api
