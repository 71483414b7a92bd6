#include "api/openapi.h"

#include <memory>
#include <string>
#include <utility>

namespace fanfinity::api {

http::Route get_openapi() {
  http::Route route;
  route.path = "/openapi.json";
  route.handler = [document = std::make_shared<const std::string>(kOpenApiDocument)](
                      const http::Request&, const http::Responder& respond) {
    http::Response response;
    response.shared_body = document;
    respond(std::move(response));
  };
  return route;
}

}  // namespace fanfinity::api
