// The routes of the streams, and how their topics are read.

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "api/match_streams.h"
#include "api/name_fields.h"
#include "api/parameters.h"
#include "api/stream_topic.h"
#include "base/rfc3339.h"
#include "domain/event.h"
#include "domain/match_metrics.h"

namespace fanfinity::api {
namespace {

using Kind = MatchStreams::Kind;

constexpr std::chrono::seconds kRetryAfter{5};

/// Metrics of matches that had none when last looked at: no event is an answer too, as of a moment.
std::vector<http::Response> read_awaited(const MatchPorts& ports, std::span<const std::string> match_ids) {
  const auto as_of = ports.as_of();
  if (!as_of) return {match_ids.size(), http::problem_of(as_of.error())};
  auto found = ports.reader.metrics(match_ids);
  if (!found) return {match_ids.size(), http::problem_of(found.error())};
  const std::string none = R"({"asOf":")" + base::format_rfc3339(*as_of) + "\"}";
  std::vector<http::Response> responses(match_ids.size());
  for (http::Response& response : responses) response.body = none;
  for (domain::MatchMetrics& metrics : *found) {
    const auto at = std::find(match_ids.begin(), match_ids.end(), metrics.match_id) - match_ids.begin();
    metrics.as_of = *as_of;
    std::string& body = responses[static_cast<std::size_t>(at)].body;
    body.clear();
    domain::append_metrics_json(metrics, body);
  }
  return responses;
}

std::vector<std::string> lines_of(std::string_view name) {
  std::vector<std::string> lines;
  while (!name.empty()) lines.emplace_back(take_line(name));
  return lines;
}

/// One response for each set of matches: the metrics of those that have an event, in the order of their ids.
std::vector<http::Response> read_named(const MatchPorts& ports, std::span<const std::string> sets) {
  std::set<std::string> wanted;
  for (const std::string& set : sets) {
    for (std::string& id : lines_of(set)) wanted.insert(std::move(id));
  }
  const auto as_of = ports.as_of();
  if (!as_of) return {sets.size(), view_problem(as_of.error())};
  auto found = ports.reader.metrics(std::vector<std::string>(wanted.begin(), wanted.end()));
  if (!found) return {sets.size(), view_problem(found.error())};
  std::unordered_map<std::string, std::string> metrics;
  for (const domain::MatchMetrics& one : *found) {
    domain::append_undated_metrics_json(one, metrics[one.match_id]);
  }
  std::vector<http::Response> responses;
  for (const std::string& set : sets) {
    std::string& body = responses.emplace_back().body;
    body = R"({"matches":[)";
    for (const std::string& id : lines_of(set)) {
      const auto one = metrics.find(id);
      if (one == metrics.end()) continue;
      if (!body.ends_with('[')) body += ',';
      body += one->second;
    }
    body += ']';
    end_view(*as_of, responses.back());
  }
  return responses;
}

/// The ids that `match` names, sorted, a line each; empty when it names none.
std::string named_matches(Parameters& parameters, const http::Request& request) {
  std::set<std::string> ids;
  for (const auto& [name, id] : request.query) {
    if (name == "match") ids.insert(id);
  }
  const bool valid = std::ranges::all_of(ids, [](const auto& id) { return domain::is_valid_match_id(id); });
  if (!valid || ids.size() > kMaxNamedMatches) {
    parameters.complain("match",
                        fmt::format("must be 1 to 256 bytes of UTF-8 without control characters, and be "
                                    "sent for at most {} matches",
                                    kMaxNamedMatches));
  }
  return fmt::format("{}", fmt::join(ids, "\n"));
}

void respond_stream(MatchStreams& streams, Kind kind, const std::string& name, const http::Request& request,
                    const http::Responder& respond) {
  http::Response response;
  response.follow = streams.follow(kind, name);
  if (response.follow == nullptr) {
    return respond(http::problem_retry(503, "As many matches are streamed as can be.", kRetryAfter));
  }
  response.content_type = "text/event-stream";
  // A page that makes a new EventSource can say by the query only what it has seen.
  const std::string* seen = request.query_value("lastEventId");
  response.shown = parse_event_id(request.last_event_id.empty() && seen != nullptr ? std::string_view(*seen)
                                                                                   : request.last_event_id);
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Accel-Buffering", "no");  // nginx would wait for more.
  respond(std::move(response));
}

http::Route read_route(std::string path, http::Handler handler) {
  http::Route route;
  route.path = std::move(path);
  route.access = http::Access::kRead;
  route.handler = std::move(handler);
  return route;
}

}  // namespace

MatchStreams::Read read_by(const http::Route& metrics, const http::Route& matches, const MatchPorts& ports) {
  auto& awaited = ports.cache.add(
      [ports](std::span<const std::string> match_ids) { return read_awaited(ports, match_ids); },
      kMatchesAtOnce);
  auto& named =
      ports.cache.add([ports](std::span<const std::string> sets) { return read_named(ports, sets); },
                      kMatchesAtOnce / kMaxNamedMatches);
  return [metrics = metrics.handler, matches = matches.handler, ports, &awaited, &named](
             Kind kind, const std::string& name, http::Responder respond) {
    http::Request request;
    switch (kind) {
      case Kind::kMatch:
        request.params.push_back(name);
        return metrics(request, std::move(respond));
      case Kind::kAwaited:
        ports.observer.on_view(ports.cache.get(awaited, name, {}, respond));
        return;
      case Kind::kList:
        request.query.emplace_back("limit", name);
        return matches(request, std::move(respond));
      case Kind::kNamed:
        ports.observer.on_view(ports.cache.get(named, name, {}, respond));
        return;
    }
  };
}

http::Route get_match_stream(MatchStreams& streams) {
  return read_route("/api/matches/{matchId}/stream",
                    [&streams](const http::Request& request, const http::Responder& respond) {
                      Parameters parameters(request);
                      const std::string match_id = parameters.match_id();
                      if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
                      respond_stream(streams, Kind::kMatch, match_id, request, respond);
                    });
}

http::Route get_matches_stream(MatchStreams& streams) {
  return read_route("/api/matches/stream",
                    [&streams](const http::Request& request, const http::Responder& respond) {
                      Parameters parameters(request);
                      const std::size_t limit = parameters.limit();
                      const std::string named = named_matches(parameters, request);
                      if (request.query_value("cursor") != nullptr) {
                        parameters.complain("cursor", "must be left out: a stream shows the first page");
                      }
                      if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
                      if (!named.empty()) {
                        return respond_stream(streams, Kind::kNamed, named, request, respond);
                      }
                      respond_stream(streams, Kind::kList, std::to_string(limit), request, respond);
                    });
}

}  // namespace fanfinity::api
