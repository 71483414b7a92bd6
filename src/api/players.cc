#include "api/players.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/name_fields.h"
#include "api/parameters.h"
#include "domain/player_counts.h"

namespace fanfinity::api {
namespace {

http::Response read_players(const EventPorts& ports, const std::string& match_id, std::size_t limit) {
  const auto as_of = ports.as_of();
  if (!as_of) return view_problem(as_of.error());
  auto players = ports.reader.players(match_id, limit);
  if (!players) return view_problem(players.error());
  players->as_of = *as_of;
  http::Response response;
  domain::append_players_json(*players, response.body);
  tag_view(response);
  return response;
}

}  // namespace

http::Route get_players(const EventPorts& ports) {
  auto& view = ports.cache.add([ports](std::span<const std::string> names) {
    std::string_view name = names.front();
    const std::size_t limit = number_of<std::size_t>(take_line(name)).value_or(kDefaultLimit);
    return std::vector{read_players(ports, std::string(name), limit)};
  });
  http::Route route;
  route.path = "/api/matches/{matchId}/players";
  route.access = http::Access::kRead;
  route.handler = [ports, &view](const http::Request& request, const http::Responder& respond) {
    Parameters parameters(request);
    const std::string match_id = parameters.match_id();
    const std::size_t limit = parameters.limit();
    if (auto refusal = parameters.refusal()) return respond(std::move(*refusal));
    ports.observer.on_view(
        ports.cache.get(view, fmt::format("{}\n{}", limit, match_id), request.accept_encoding, respond));
  };
  return route;
}

}  // namespace fanfinity::api
