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

struct Page {
  std::size_t limit = kDefaultLimit;
  std::optional<store::MatchCursor> after;
};

Page parse_page(Parameters& parameters) {
  Page page;
  page.limit = parameters.limit();
  page.after = parameters.value<store::MatchCursor>("cursor", decode_cursor,
                                                    "must be a nextCursor from an earlier answer");
  return page;
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
  if (!as_of) return view_problem(as_of.error());
  auto matches = ports.reader.matches(page.limit + 1, page.after);
  if (!matches) return view_problem(matches.error());
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
    return std::vector{read_page(ports, page_of(names.front()))};
  });
  http::Route route;
  route.path = "/api/matches";
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    Parameters parameters(request);
    const Page page = parse_page(parameters);
    if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
    ports.observer.on_view(ports.cache.get(view, name_of(page), request.accept_encoding, respond));
  };
  return route;
}

}  // namespace fanfinity::api
