#include "unit/http/test_server.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <utility>

#include "http/client_address.h"

namespace fanfinity::http::test {
namespace {

Response text(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

Route route(Method method, std::string path, Handler handler) {
  Route made;
  made.method = method;
  made.path = std::move(path);
  made.handler = std::move(handler);
  return made;
}

std::string describe(const Request& request) {
  std::string out = "id=" + std::string(request.request_id) + "\ntrace=" + std::string(request.traceparent) +
                    "\ntype=" + std::string(request.content_type) + "\npath=" + std::string(request.path) +
                    "\n";
  for (const auto& param : request.params) out += "param=" + param + "\n";
  for (const auto& [name, value] : request.query) out += "query=" + name + "=" + value + "\n";
  return out;
}

void add_body_routes(std::vector<Route>& routes) {
  Route echo = route(Method::kPost, "/echo", [](const Request& request, const Responder& respond) {
    respond(text(std::string(request.body)));
  });
  echo.max_body = kEchoLimit;
  routes.push_back(std::move(echo));
  Route json = route(Method::kPost, "/json", [](const Request& request, const Responder& respond) {
    respond(text(std::string(request.content_type), 202));
  });
  json.max_body = 100;
  json.media_types = {"application/json", "application/*+json"};
  routes.push_back(std::move(json));
  Route size = route(Method::kPost, "/size", [](const Request& request, const Responder& respond) {
    respond(text(std::to_string(request.body.size())));
  });
  size.max_body = 8U << 20U;
  routes.push_back(std::move(size));
}

void add_access_routes(std::vector<Route>& routes) {
  for (const auto& [path, access] :
       {std::pair{"/read", Access::kRead}, std::pair{"/write", Access::kWrite}}) {
    routes.push_back(
        route(Method::kGet, path, [](const Request&, const Responder& respond) { respond(text("secret")); }));
    routes.back().access = access;
  }
  routes.push_back(route(Method::kGet, "/unlimited",
                         [](const Request&, const Responder& respond) { respond(text("ok")); }));
  routes.back().rate_limited = false;
}

void add_odd_routes(std::vector<Route>& routes) {
  routes.push_back(route(Method::kGet, "/drop", [](const Request&, const Responder&) {}));
  routes.push_back(route(Method::kGet, "/throw",
                         [](const Request&, const Responder&) { throw std::runtime_error("thrown"); }));
  routes.push_back(route(Method::kGet, "/twice", [](const Request&, const Responder& respond) {
    respond(text("first"));
    respond(text("second"));
  }));
  routes.push_back(route(Method::kGet, "/nothing",
                         [](const Request&, const Responder& respond) { respond(text("", 204)); }));
  routes.push_back(route(Method::kGet, "/tagged", [](const Request&, const Responder& respond) {
    Response response = text("tagged");
    response.etag = R"(W/"1")";
    response.header_lines = "ETag: W/\"1\"\r\nCache-Control: public, max-age=1\r\n";
    respond(std::move(response));
  }));
  routes.push_back(route(Method::kGet, "/unchanged",
                         [](const Request&, const Responder& respond) { respond(text("never sent", 304)); }));
  routes.push_back(route(Method::kGet, "/split", [](const Request&, const Responder& respond) {
    Response response = text("safe");
    response.headers.emplace_back("X-Good", "1");
    response.headers.emplace_back("X-Evil", "1\r\nX-Injected: 1");
    respond(std::move(response));
  }));
  routes.push_back(route(Method::kGet, "/big", [](const Request&, const Responder& respond) {
    Response response;
    response.shared_body = std::make_shared<const std::string>(kBigResponse, 'b');
    respond(std::move(response));
  }));
}

}  // namespace

void RecordingObserver::on_response(std::string_view method, std::string_view path, int status,
                                    std::chrono::nanoseconds duration, const RequestNames& names) {
  const std::lock_guard lock(mutex_);
  last_names_ = {std::string(names.request_id), std::string(names.trace_id)};
  EXPECT_GE(duration.count(), 0);
  seen_.push_back({std::string(method), std::string(path), status,
                   names.client != nullptr ? names.client->text() : "local"});
  changed_.notify_all();
}

std::pair<std::string, std::string> RecordingObserver::last_request_and_trace_id() {
  const std::lock_guard lock(mutex_);
  return last_names_;
}

void RecordingObserver::on_connection_opened() {
  const std::lock_guard lock(mutex_);
  ++opened_;
  changed_.notify_all();
}

void RecordingObserver::on_connection_closed() {
  const std::lock_guard lock(mutex_);
  ++closed_;
  changed_.notify_all();
}

std::vector<RecordingObserver::Seen> RecordingObserver::responses(std::size_t count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return seen_.size() >= count; }));
  return seen_;
}

bool RecordingObserver::wait_for_open(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return opened_ - closed_ == count; });
}

bool RecordingObserver::wait_for_opened(std::size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return opened_ >= count; });
}

void RecordingObserver::on_stream(StreamEvent event, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  streams_[event] += count;
  changed_.notify_all();
}

bool RecordingObserver::wait_for(StreamEvent event, std::uint64_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return streams_[event] >= count; });
}

std::uint64_t RecordingObserver::count(StreamEvent event) {
  const std::lock_guard lock(mutex_);
  return streams_[event];
}

void ParkingLot::park(const Request& request, Responder responder) {
  const std::lock_guard lock(mutex_);
  parked_.push_back(std::move(responder));
  last_ = &request;
  changed_.notify_all();
}

Responder ParkingLot::take() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [&] { return !parked_.empty(); })) {
    throw std::runtime_error("no request was parked");
  }
  Responder responder = std::move(parked_.front());
  parked_.erase(parked_.begin());
  return responder;
}

const Request* ParkingLot::last_request() {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::vector<Route> test_routes(ParkingLot& lot) {
  std::vector<Route> routes;
  routes.push_back(route(Method::kGet, "/hello",
                         [](const Request&, const Responder& respond) { respond(text("hello")); }));
  routes.push_back(
      route(Method::kGet, "/items/{id}/view",
            [](const Request& request, const Responder& respond) { respond(text(describe(request))); }));
  routes.push_back(route(Method::kGet, "/describe", [](const Request& request, const Responder& respond) {
    respond(text(describe(request)));
  }));
  Route park = route(Method::kPost, "/park", [&lot](const Request& request, Responder respond) {
    lot.park(request, std::move(respond));
  });
  park.max_body = 1000;
  routes.push_back(std::move(park));
  add_body_routes(routes);
  add_access_routes(routes);
  add_odd_routes(routes);
  return routes;
}

ServerConfig test_config() {
  ServerConfig config;
  config.port = 0;
  config.threads = 2;
  config.allowed_hosts = {"*"};
  config.header_timeout = config.body_timeout = config.request_timeout = std::chrono::minutes(1);
  config.idle_timeout = config.write_timeout = std::chrono::minutes(1);
  return config;
}

TestServer::TestServer(ServerConfig config) {
  server = std::make_unique<Server>(std::move(config), test_routes(lot), &observer);
  const auto status = server->start();
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().detail);
}

}  // namespace fanfinity::http::test
