#include "api/pages.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/log_line.h"
#include "http/body_decoder.h"
#include "http/negotiation.h"

namespace fanfinity::api {
namespace {

constexpr std::size_t kLargestFile = 16U << 20U;
// Nothing comes from elsewhere, nothing inline runs, nobody frames the pages.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";
// Swagger UI draws its signs from data: URLs, and writes HTML that it has cleaned.
constexpr std::string_view kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view media_type(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".svg")) return "image/svg+xml";
  if (path.ends_with(".json")) return "application/json";
  return "application/octet-stream";
}

/// A page in one encoding.
struct Variant {
  std::string etag;
  std::string header_lines;
  std::shared_ptr<const std::string> body;
};

struct Page {
  std::string_view type;
  Variant plain;
  Variant gzip;
};

using Pages = std::map<std::string, Page, std::less<>>;

Variant prepare(const EmbeddedFile& file, std::string_view encoding, std::string body) {
  const bool asset = file.path.starts_with("/assets/");
  Variant made;
  made.etag = fmt::format(R"("{}{}{}")", file.digest, encoding.empty() ? "" : "-", encoding);
  made.header_lines = fmt::format(
      "ETag: {}\r\nCache-Control: {}\r\nVary: Accept-Encoding\r\nContent-Security-Policy: {}\r\n"
      "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
      "Cross-Origin-Opener-Policy: same-origin\r\n",
      made.etag, asset ? "public, max-age=31536000, immutable" : "no-cache",
      file.path == "/docs.html" ? kDocsPolicy : kPolicy);
  made.body = std::make_shared<const std::string>(std::move(body));
  return made;
}

Page load(const EmbeddedFile& file) {
  std::string plain;
  if (http::decode_body(http::Coding::kGzip, file.gzip, kLargestFile, plain) != http::Decoded::kOk) {
    base::log_line(base::Level::kError, fmt::format("{} in this binary is damaged: build again", file.path));
    std::abort();
  }
  return {media_type(file.path), prepare(file, "", std::move(plain)),
          prepare(file, "gzip", std::string(file.gzip))};
}

http::Response respond_with(const Page& page, const http::Request& request) {
  const bool gzip = http::accepts_gzip(request.accept_encoding);
  const Variant& variant = gzip ? page.gzip : page.plain;
  http::Response response;
  if (gzip) response.content_encoding = "gzip";
  response.content_type = page.type;
  response.shared_body = variant.body;
  response.header_lines = variant.header_lines;
  response.etag = variant.etag;
  return response;
}

http::Route file_route(std::string path, std::shared_ptr<const Pages> pages,
                       std::string (*file_of)(const http::Request&)) {
  http::Route route;
  route.path = std::move(path);
  route.handler = [pages = std::move(pages), file_of](const http::Request& request,
                                                      const http::Responder& respond) {
    const auto page = pages->find(file_of(request));
    if (page == pages->end()) return respond(http::problem(404, "There is nothing at this path."));
    respond(respond_with(page->second, request));
  };
  return route;
}

}  // namespace

std::vector<http::Route> page_routes(std::span<const EmbeddedFile> files) {
  Pages pages;
  for (const EmbeddedFile& file : files) pages.emplace(file.path, load(file));
  const auto shared = std::make_shared<const Pages>(std::move(pages));
  return {
      file_route("/", shared, [](const http::Request&) { return std::string("/index.html"); }),
      file_route("/docs", shared, [](const http::Request&) { return std::string("/docs.html"); }),
      file_route("/openapi.json", shared, [](const http::Request&) { return std::string("/openapi.json"); }),
      file_route("/assets/{file}", shared,
                 [](const http::Request& request) { return "/assets/" + request.params.front(); })};
}

}  // namespace fanfinity::api
