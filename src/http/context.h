#pragma once
// What all connections of a server share.

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "http/admission.h"
#include "http/cors.h"
#include "http/http.h"
#include "http/request_reader.h"
#include "http/router.h"
#include "http/server.h"

namespace fanfinity::http {

struct Context {
  Context(ServerConfig server_config, std::vector<Route> routes, Observer* observer_or_null)
      : config(std::move(server_config)),
        reader_limits{config.max_header_bytes, config.max_target_bytes},
        router(std::move(routes)),
        admission(std::make_shared<Admission>(config)),
        observer(observer_or_null) {
    if (!config.cors_origins.empty()) cors.emplace(config.cors_origins);
  }

  ServerConfig config;
  RequestReader::Limits reader_limits;
  Router router;
  std::shared_ptr<Admission> admission;
  std::optional<Cors> cors;  ///< Empty: pages of other origins read nothing.
  Observer* observer;
};

}  // namespace fanfinity::http
