#pragma once
// GET /openapi.json: this API described for machines, in OpenAPI 3.1.

#include <string_view>

#include "http/http.h"

namespace fanfinity::api {

/// Joined from the parts in openapi/ when the service is built.
extern const std::string_view kOpenApiDocument;

[[nodiscard]] http::Route get_openapi();

}  // namespace fanfinity::api
