#include "api/matches.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/match_cursor.h"
#include "api/name_fields.h"
#include "api/parameters.h"
#include "domain/event_json.h"

namespace fanfinity::api {
namespace {

base::Error unknown_match() {
  return {base::Errc::kNotFound, "The match has no event."};
}

/// One response for each match: the watermark first, so that it never claims more than the rollups hold.
std::vector<http::Response> read_metrics(const MatchPorts& ports, std::span<const std::string> match_ids) {
  const auto as_of = ports.as_of();
  if (!as_of) return {match_ids.size(), view_problem(as_of.error())};
  auto found = ports.reader.metrics(match_ids);
  if (!found) return {match_ids.size(), view_problem(found.error())};
  std::unordered_map<std::string_view, domain::MatchMetrics*> by_match;
  for (domain::MatchMetrics& metrics : *found) by_match.emplace(metrics.match_id, &metrics);
  std::vector<http::Response> responses;
  for (const std::string& match_id : match_ids) {
    const auto metrics = by_match.find(match_id);
    http::Response& response = responses.emplace_back();
    if (metrics == by_match.end()) {
      response = view_problem(unknown_match());
      continue;
    }
    metrics->second->as_of = *as_of;
    domain::append_metrics_json(*metrics->second, response.body);
    tag_view(response);
  }
  return responses;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return words;
    words.emplace_back(text.substr(0, text.find(' ')));
    text.remove_prefix(words.back().size());
  }
}

std::optional<std::vector<std::string>> parse_search(std::string_view text) {
  auto words = words_of(text);
  if (words.empty() || !domain::is_valid_match_id(text)) return std::nullopt;
  return words;
}

store::MatchQuery parse_query(Parameters& parameters) {
  store::MatchQuery query;
  query.limit = parameters.limit();
  query.after = parameters.value<store::MatchCursor>("cursor", decode_cursor,
                                                     "must be a nextCursor from an earlier answer");
  query.words =
      parameters
          .value<std::vector<std::string>>(
              "q", parse_search, "must be 1 to 256 bytes of UTF-8 with a word and no control character")
          .value_or(std::vector<std::string>{});
  return query;
}

std::string name_of(const store::MatchQuery& query) {
  return fmt::format("{}\n{}\n{}", query.limit, query.after ? encode_cursor(*query.after) : std::string(),
                     fmt::join(query.words, " "));
}

store::MatchQuery query_of(std::string_view name) {
  store::MatchQuery query;
  query.limit = number_of<std::size_t>(take_line(name)).value_or(1);
  query.after = decode_cursor(take_line(name));
  query.words = words_of(name);
  return query;
}

/// One more than the page has shows whether there is another page.
http::Response read_page(const MatchPorts& ports, store::MatchQuery query) {
  const std::size_t limit = query.limit++;
  const auto as_of = ports.as_of();
  if (!as_of) return view_problem(as_of.error());
  auto matches = ports.reader.matches(query);
  if (!matches) return view_problem(matches.error());
  const bool more = matches->size() > limit;
  if (more) matches->resize(limit);
  http::Response response;
  response.body = R"({"matches":[)";
  bool first = true;
  for (const auto& match : *matches) {
    if (!std::exchange(first, false)) response.body += ',';
    domain::append_summary_json(match, response.body);
  }
  response.body += ']';
  if (more) {
    const auto& last = matches->back();
    response.body += fmt::format(R"(,"nextCursor":"{}")", encode_cursor({last.last_activity, last.match_id}));
  }
  end_view(*as_of, response);
  return response;
}

}  // namespace

http::Route get_metrics(const MatchPorts& ports) {
  auto& view = ports.cache.add(
      [ports](std::span<const std::string> match_ids) { return read_metrics(ports, match_ids); },
      kMatchesAtOnce);
  http::Route route;
  route.path = "/api/matches/{matchId}/metrics";
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    Parameters parameters(request);
    const std::string match_id = parameters.match_id();
    if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
    ports.observer.on_view(ports.cache.get(view, match_id, request.accept_encoding, respond));
  };
  return route;
}

http::Route get_matches(const MatchPorts& ports) {
  auto& view = ports.cache.add([ports](std::span<const std::string> names) {
    return std::vector{read_page(ports, query_of(names.front()))};
  });
  http::Route route;
  route.path = "/api/matches";
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    Parameters parameters(request);
    const store::MatchQuery query = parse_query(parameters);
    if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
    ports.observer.on_view(ports.cache.get(view, name_of(query), request.accept_encoding, respond));
  };
  return route;
}

}  // namespace fanfinity::api
