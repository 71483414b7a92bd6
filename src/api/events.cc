#include "api/events.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/event_cursor.h"
#include "api/event_page.h"
#include "domain/event_json.h"

namespace fanfinity::api {
namespace {

// Events may have 64 KiB of metadata each: a page of such ends early, and says so by its cursor.
constexpr std::size_t kLongPage = 4U << 20U;

http::Response read_page(const EventPorts& ports, store::EventQuery query) {
  const auto as_of = ports.as_of();
  if (!as_of) return view_problem(as_of.error());
  const std::size_t limit = query.limit++;  // One more tells whether there is another page.
  const auto events = ports.reader.events(query);
  if (!events) return view_problem(events.error());
  http::Response response;
  std::string& body = response.body;
  body = R"({"matchId":)";
  domain::append_json_string(query.match_id, body);
  body += R"(,"events":[)";
  domain::MatchClockReader clocks;
  std::size_t shown = 0;
  for (; shown < std::min(limit, events->size()) && body.size() < kLongPage; ++shown) {
    if (shown > 0) body += ',';
    const auto& [event, received_at] = (*events)[shown];
    domain::append_stored_event_json(event, clocks.read(event.metadata), received_at, body);
  }
  body += ']';
  if (shown < events->size()) {
    const domain::Event& last = (*events)[shown - 1].event;
    body += R"(,"nextCursor":")" + encode_cursor({last.at, last.id}) + '"';
  }
  end_view(*as_of, response);
  return response;
}

}  // namespace

http::Route get_events(const EventPorts& ports) {
  auto& view = ports.cache.add([ports](std::span<const std::string> names) {
    return std::vector{read_page(ports, event_query_of(names.front()))};
  });
  http::Route route;
  route.path = "/api/matches/{matchId}/events";
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    Parameters parameters(request);
    const store::EventQuery query = parse_event_query(parameters);
    if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
    ports.observer.on_view(ports.cache.get(view, name_of(query), request.accept_encoding, respond));
  };
  return route;
}

}  // namespace fanfinity::api
