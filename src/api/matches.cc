#include "api/matches.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/match_cursor.h"
#include "base/rfc3339.h"
#include "domain/event_json.h"

namespace fanfinity::api {
namespace {

using base::Errc;

constexpr std::size_t kDefaultLimit = 50;
constexpr std::size_t kMaxLimit = 500;
// The first match of a query costs ClickHouse as much as the next five. Their ids fit into its URL.
constexpr std::size_t kMatchesAtOnce = 32;

http::Response store_problem(base::Error error) {
  error.detail.insert(0, "The store cannot answer now: ");
  return http::problem_of(error);
}

http::Response unknown_match() {
  return http::problem(404, "No event of this match is known.");
}

/// One response for each match: the watermark first, so that it never claims more than the rollups hold.
std::vector<http::Response> read_metrics(const MatchPorts& ports, std::span<const std::string> match_ids) {
  const auto as_of = ports.as_of();
  if (!as_of) return {match_ids.size(), store_problem(as_of.error())};
  auto found = ports.reader.metrics(match_ids);
  if (!found) return {match_ids.size(), store_problem(found.error())};
  std::unordered_map<std::string_view, domain::MatchMetrics*> by_match;
  for (domain::MatchMetrics& metrics : *found) by_match.emplace(metrics.match_id, &metrics);
  std::vector<http::Response> responses;
  for (const std::string& match_id : match_ids) {
    const auto metrics = by_match.find(match_id);
    http::Response& response = responses.emplace_back();
    if (metrics == by_match.end()) {
      response = unknown_match();
      continue;
    }
    metrics->second->as_of = *as_of;
    domain::append_metrics_json(*metrics->second, response.body);
  }
  return responses;
}

http::Response read_timeline(const MatchPorts& ports, const std::string& match_id) {
  const auto as_of = ports.as_of();
  if (!as_of) return store_problem(as_of.error());
  auto timeline = ports.reader.timeline(match_id);
  if (!timeline) {
    return timeline.error().code == Errc::kNotFound ? unknown_match() : store_problem(timeline.error());
  }
  timeline->as_of = *as_of;
  http::Response response;
  domain::append_timeline_json(*timeline, response.body);
  return response;
}

http::Route match_route(const MatchPorts& ports, std::string_view name, ViewCache::Kind& view) {
  http::Route route;
  route.path = fmt::format("/api/matches/{{matchId}}/{}", name);
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    const std::string& match_id = request.params.front();
    if (!domain::is_valid_match_id(match_id)) {
      return respond(
          http::problem(400, "The request is not valid.",
                        {{"matchId", "must be 1 to 256 bytes of UTF-8 without control characters"}}));
    }
    ports.observer.on_view(ports.cache.get(view, match_id, respond));
  };
  return route;
}

struct Page {
  std::size_t limit = kDefaultLimit;
  std::optional<store::MatchCursor> after;
};

std::vector<http::FieldProblem> parse_page(const http::Request& request, Page& page) {
  std::vector<http::FieldProblem> problems;
  if (const std::string* limit = request.query_value("limit")) {
    const char* const end = limit->data() + limit->size();
    const auto [at, error] = std::from_chars(limit->data(), end, page.limit);
    if (error != std::errc{} || at != end || page.limit < 1 || page.limit > kMaxLimit) {
      problems.push_back({"limit", fmt::format("must be a whole number from 1 to {}", kMaxLimit)});
    }
  }
  if (const std::string* cursor = request.query_value("cursor")) {
    page.after = decode_cursor(*cursor);
    if (!page.after) problems.push_back({"cursor", "must be a nextCursor from an earlier answer"});
  }
  return problems;
}

std::string name_of(const Page& page) {
  return fmt::format("{}:{}", page.limit, page.after ? encode_cursor(*page.after) : std::string());
}

Page page_of(std::string_view name) {
  const std::size_t colon = name.find(':');
  Page page;
  std::from_chars(name.data(), name.data() + colon, page.limit);
  page.after = decode_cursor(name.substr(colon + 1));
  return page;
}

http::Response read_page(const MatchPorts& ports, const Page& page) {
  const auto as_of = ports.as_of();
  if (!as_of) return store_problem(as_of.error());
  auto matches = ports.reader.matches(page.limit + 1, page.after);
  if (!matches) return store_problem(matches.error());
  const bool more = matches->size() > page.limit;
  if (more) matches->resize(page.limit);
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
  response.body += R"(,"asOf":")";
  base::append_rfc3339(*as_of, response.body);
  response.body += "\"}";
  return response;
}

}  // namespace

http::Route get_metrics(const MatchPorts& ports) {
  auto& view = ports.cache.add(
      [ports](std::span<const std::string> match_ids) { return read_metrics(ports, match_ids); },
      kMatchesAtOnce);
  return match_route(ports, "metrics", view);
}

http::Route get_timeline(const MatchPorts& ports) {
  auto& view = ports.cache.add([ports](std::span<const std::string> match_ids) {
    return std::vector{read_timeline(ports, match_ids.front())};
  });
  return match_route(ports, "timeline", view);
}

http::Route get_matches(const MatchPorts& ports) {
  auto& view = ports.cache.add([ports](std::span<const std::string> names) {
    return std::vector{read_page(ports, page_of(names.front()))};
  });
  http::Route route;
  route.path = "/api/matches";
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    Page page;
    const auto problems = parse_page(request, page);
    if (!problems.empty()) return respond(http::problem(400, "The request is not valid.", problems));
    ports.observer.on_view(ports.cache.get(view, name_of(page), respond));
  };
  return route;
}

}  // namespace fanfinity::api
