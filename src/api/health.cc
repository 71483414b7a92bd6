#include "api/health.h"

#include <fmt/format.h>

#include <utility>

#include "base/rfc3339.h"
#include "domain/event_json.h"

namespace fanfinity::api {
namespace {

http::Route open_route(std::string path) {
  http::Route route;
  route.path = std::move(path);
  route.rate_limited = false;
  return route;
}

http::Response ready(base::Timestamp now, const std::vector<ReadinessCheck>& checks,
                     const ReadinessCounts& counts) {
  bool all_well = true;
  std::string told;
  for (const ReadinessCheck& check : checks) {
    const base::Status status = check.probe();
    if (check.quiet && status.ok()) continue;
    if (!told.empty()) told += ',';
    domain::append_json_string(check.name, told);
    told += ':';
    domain::append_json_string(status.ok() ? "healthy" : "unhealthy: " + status.error().detail, told);
    all_well = all_well && status.ok();
  }
  http::Response response;
  response.status = all_well ? 200 : 503;
  response.body = fmt::format(R"({{"status":"{}","timestamp":"{}","checks":{{{}}})",
                              all_well ? "ready" : "unavailable", base::format_rfc3339(now), told);
  for (const auto& [name, count] : counts()) response.body += fmt::format(R"(,"{}":{})", name, count);
  response.body += '}';
  if (!all_well) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

http::Route get_health(base::Clock& clock) {
  http::Route route = open_route("/health");
  route.handler = [&clock](const http::Request&, const http::Responder& respond) {
    http::Response response;
    response.body =
        fmt::format(R"({{"status":"healthy","timestamp":"{}"}})", base::format_rfc3339(clock.now()));
    response.header_lines = "Cache-Control: no-store\r\n";
    respond(std::move(response));
  };
  return route;
}

http::Route get_ready(base::Clock& clock, ViewCache& views, std::vector<ReadinessCheck> checks,
                      ReadinessCounts counts) {
  http::Route route = open_route("/ready");
  auto& view = views.add([&clock, checks = std::move(checks), counts = std::move(counts)](auto) {
    return std::vector{ready(clock.now(), checks, counts)};
  });
  route.handler = [&views, &view](const http::Request& request, const http::Responder& respond) {
    views.get(view, "", request.accept_encoding, respond);
  };
  return route;
}

http::Route get_prometheus(ViewCache& views, std::function<std::string()> render) {
  http::Route route = open_route("/metrics");
  auto& view = views.add([render = std::move(render)](auto) {
    http::Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = render();
    return std::vector{std::move(response)};
  });
  route.handler = [&views, &view](const http::Request& request, const http::Responder& respond) {
    views.get(view, "", request.accept_encoding, respond);
  };
  return route;
}

}  // namespace fanfinity::api
