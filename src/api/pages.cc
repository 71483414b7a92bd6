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

struct Page {
  std::string_view type;
  std::string_view caching;
  std::string_view policy;
  std::string etag;
  std::string etag_gzip;
  std::shared_ptr<const std::string> plain;
  std::shared_ptr<const std::string> gzip;
};

using Pages = std::map<std::string, Page, std::less<>>;

Page load(const EmbeddedFile& file) {
  Page page;
  page.type = media_type(file.path);
  page.caching = file.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  page.policy = file.path == "/docs.html" ? kDocsPolicy : kPolicy;
  page.etag = fmt::format("\"{}\"", file.digest);
  page.etag_gzip = fmt::format("\"{}-gzip\"", file.digest);
  page.gzip = std::make_shared<const std::string>(file.gzip);
  std::string plain;
  if (http::decode_body(http::Coding::kGzip, file.gzip, kLargestFile, plain) != http::Decoded::kOk) {
    base::log_line(base::Level::kError, fmt::format("{} in this binary is damaged: build again", file.path));
    std::abort();
  }
  page.plain = std::make_shared<const std::string>(std::move(plain));
  return page;
}

http::Response respond_with(const Page& page, const http::Request& request) {
  const bool gzip = http::accepts_gzip(request.accept_encoding);
  const std::string& etag = gzip ? page.etag_gzip : page.etag;
  http::Response response;
  response.content_type = page.type;
  response.headers = {{"ETag", etag},
                      {"Cache-Control", std::string(page.caching)},
                      {"Vary", "Accept-Encoding"},
                      {"Content-Security-Policy", std::string(page.policy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"}};
  if (http::matches_etag(request.if_none_match, etag)) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.shared_body = gzip ? page.gzip : page.plain;
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
