#include "api/dashboard.h"

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
// Nothing comes from elsewhere, nothing inline runs, nobody frames the page.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

std::string_view media_type(std::string_view path) {
  if (path.ends_with(".html")) return "text/html; charset=utf-8";
  if (path.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

/// A file as it is sent to some: compressed, or not.
struct Form {
  std::string etag;
  std::string header_lines;
  std::shared_ptr<const std::string> body;
};

struct Page {
  std::string_view type;
  Form plain;
  Form gzip;
};

using Pages = std::map<std::string, Page, std::less<>>;

Form make_form(std::string etag, std::string_view caching, std::string_view coding, std::string body) {
  Form form;
  form.header_lines = fmt::format(
      "ETag: {}\r\n"
      "Cache-Control: {}\r\n"
      "{}"
      "Vary: Accept-Encoding\r\n"
      "Content-Security-Policy: {}\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Referrer-Policy: no-referrer\r\n"
      "Cross-Origin-Opener-Policy: same-origin\r\n",
      etag, caching, coding, kPolicy);
  form.etag = std::move(etag);
  form.body = std::make_shared<const std::string>(std::move(body));
  return form;
}

Page load(const EmbeddedFile& file) {
  const std::string_view caching =
      file.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  std::string plain;
  if (http::decode_body(http::Coding::kGzip, file.gzip, kLargestFile, plain) != http::Decoded::kOk) {
    base::log_line(base::Level::kError,
                   fmt::format("{} of the dashboard is damaged: build again", file.path));
    std::abort();
  }
  return {media_type(file.path), make_form(fmt::format("\"{}\"", file.digest), caching, "", std::move(plain)),
          make_form(fmt::format("\"{}-gzip\"", file.digest), caching, "Content-Encoding: gzip\r\n",
                    std::string(file.gzip))};
}

http::Response respond_with(const Page& page, const http::Request& request) {
  const Form& form = http::accepts_gzip(request.accept_encoding) ? page.gzip : page.plain;
  http::Response response;
  response.content_type = page.type;
  response.shared_body = form.body;
  response.header_lines = form.header_lines;
  response.etag = form.etag;
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

std::vector<http::Route> dashboard_routes(std::span<const EmbeddedFile> files) {
  Pages pages;
  for (const EmbeddedFile& file : files) pages.emplace(file.path, load(file));
  const auto shared = std::make_shared<const Pages>(std::move(pages));
  return {file_route("/", shared, [](const http::Request&) { return std::string("/index.html"); }),
          file_route("/assets/{file}", shared,
                     [](const http::Request& request) { return "/assets/" + request.params.front(); })};
}

}  // namespace fanfinity::api
