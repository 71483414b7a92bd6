#include "api/matches.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "api/match_cursor.h"
#include "base/rfc3339.h"
#include "domain/event_json.h"

namespace fanfinity::api {
namespace {

using base::Errc;

constexpr std::size_t kDefaultLimit = 50;
constexpr std::size_t kMaxLimit = 500;

http::Response store_problem(base::Error error) {
  error.detail.insert(0, "The store cannot answer now: ");
  return http::problem_of(error);
}

/// Reads one view of one match: the watermark first, so that it never claims more than the rollups hold.
template <typename View>
http::Response read_match(const MatchPorts& ports, const std::string& match_id,
                          base::Result<View> (store::MetricsReader::*read)(std::string_view),
                          void (*append_json)(const View&, std::string&)) {
  const auto as_of = ports.as_of();
  if (!as_of) return store_problem(as_of.error());
  auto view = (ports.reader.*read)(match_id);
  if (!view) {
    if (view.error().code == Errc::kNotFound) return http::problem(404, "No event of this match is known.");
    return store_problem(view.error());
  }
  view->as_of = *as_of;
  http::Response response;
  append_json(*view, response.body);
  return response;
}

template <typename View>
http::Route match_route(const MatchPorts& ports, std::string_view name,
                        base::Result<View> (store::MetricsReader::*read)(std::string_view),
                        void (*append_json)(const View&, std::string&)) {
  http::Route route;
  route.path = fmt::format("/api/matches/{{matchId}}/{}", name);
  route.access = http::Access::kRead;
  route.handler = [ports, kind = std::string(name) + ':', read, append_json](const http::Request& request,
                                                                             const http::Responder& respond) {
    const std::string& match_id = request.params.front();
    if (!domain::is_valid_match_id(match_id)) {
      return respond(
          http::problem(400, "The request is not valid.",
                        {{"matchId", "must be 1 to 256 bytes of UTF-8 without control characters"}}));
    }
    const auto load = [ports, match_id, read, append_json] {
      return read_match(ports, match_id, read, append_json);
    };
    ports.observer.on_view(ports.cache.get(kind + match_id, load, respond));
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
  return match_route<domain::MatchMetrics>(ports, "metrics", &store::MetricsReader::metrics,
                                           &domain::append_metrics_json);
}

http::Route get_timeline(const MatchPorts& ports) {
  return match_route<domain::Timeline>(ports, "timeline", &store::MetricsReader::timeline,
                                       &domain::append_timeline_json);
}

http::Route get_matches(const MatchPorts& ports) {
  http::Route route;
  route.path = "/api/matches";
  route.access = http::Access::kRead;
  route.handler = [ports](const http::Request& request, const http::Responder& respond) {
    Page page;
    const auto problems = parse_page(request, page);
    if (!problems.empty()) return respond(http::problem(400, "The request is not valid.", problems));
    const std::string key =
        fmt::format("matches:{}:{}", page.limit, page.after ? encode_cursor(*page.after) : std::string());
    ports.observer.on_view(ports.cache.get(key, [ports, page] { return read_page(ports, page); }, respond));
  };
  return route;
}

}  // namespace fanfinity::api
