#pragma once
// GET /, /docs, /openapi.json and /assets/{file}: what is made when the service is built, from memory.

#include <span>
#include <vector>

#include "api/embedded_file.h"
#include "http/http.h"

namespace fanfinity::api {

/// Names of assets hold a hash of their content, so those are kept by browsers for ever; the rest is asked
/// for again and answered 304 while it is the same. Who does not take gzip gets the bytes as they are.
/// `files` outlive the routes; "/index.html" is among them.
[[nodiscard]] std::vector<http::Route> page_routes(std::span<const EmbeddedFile> files = embedded_files());

}  // namespace fanfinity::api
