#include "api/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace fanfinity::api {
namespace {

using testing::HasSubstr;
using testing::Not;

class KeepingSink final : public http::Responder::Sink {
 public:
  void respond(http::Response response) override { kept = std::move(response); }
  http::Response kept;
};

std::string header(const http::Response& response, std::string_view name) {
  const std::string start = std::string(name) + ": ";
  const std::size_t at = response.header_lines.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = response.header_lines.substr(at + start.size());
  return std::string(rest.substr(0, rest.find('\r')));
}

class Pages : public testing::Test {
 protected:
  http::Response get(std::string_view file, std::string_view accept_encoding) {
    http::Request request;
    request.accept_encoding = accept_encoding;
    if (file.empty()) return get_path("/", request);
    request.params.emplace_back(file);
    return get_path("/assets/{file}", request);
  }

  http::Response get_path(std::string_view path, const http::Request& request = {}) {
    const auto sink = std::make_shared<KeepingSink>();
    const auto route = std::find_if(routes_.begin(), routes_.end(),
                                    [path](const http::Route& one) { return one.path == path; });
    route->handler(request, http::Responder(sink));
    return sink->kept;
  }

  /// The script's name has a hash, which the page names.
  std::string script() {
    const auto page = get("", "");
    const std::string_view body = *page.shared_body;
    const std::size_t from = body.find("/assets/index-") + 8;
    return std::string(body.substr(from, body.find('"', from) - from));
  }

  std::vector<http::Route> routes_ = page_routes();
};

TEST_F(Pages, IsAPageThatNamesAScriptThatIsThere) {
  const auto page = get("", "");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(*page.shared_body, HasSubstr("<!doctype html>"));
  EXPECT_EQ(header(page, "Content-Encoding"), "");
  EXPECT_EQ(header(page, "Cache-Control"), "no-cache");

  const auto asset = get(script(), "");
  EXPECT_EQ(asset.status, 200);
  EXPECT_THAT(header(asset, "Cache-Control"), HasSubstr("immutable"));
}

TEST_F(Pages, ComesCompressedToWhoTakesThat) {
  const auto plain = get(script(), "br");
  const auto gzip = get(script(), "gzip, br");
  EXPECT_EQ(gzip.content_encoding, "gzip");
  EXPECT_EQ(plain.content_encoding, "");
  EXPECT_LT(gzip.shared_body->size(), plain.shared_body->size());
  EXPECT_EQ(header(gzip, "Vary"), "Accept-Encoding");
  EXPECT_NE(header(gzip, "ETag"), header(plain, "ETag"));
}

TEST_F(Pages, TellTheServerTheEtagThatMakesA304) {
  for (const char* coding : {"", "gzip"}) {
    const auto page = get("", coding);
    EXPECT_EQ(page.etag, header(page, "ETag"));
    EXPECT_EQ(page.etag.front(), '"');
  }
}

TEST_F(Pages, LetsNothingForeignIntoThePage) {
  const std::string policy = header(get("", ""), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(header(get(script(), ""), "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(get("", ""), "Referrer-Policy"), "no-referrer");
}

TEST_F(Pages, DescribeTheApiForMachinesAndForPeople) {
  const auto document = get_path("/openapi.json");
  EXPECT_EQ(document.content_type, "application/json");
  EXPECT_THAT(*document.shared_body, HasSubstr(R"("openapi": "3.1)"));
  EXPECT_EQ(header(document, "Cache-Control"), "no-cache");

  const auto docs = get_path("/docs");
  EXPECT_THAT(*docs.shared_body, HasSubstr("/assets/docs-"));
  EXPECT_THAT(header(docs, "Content-Security-Policy"), HasSubstr("script-src 'self'"));
  EXPECT_THAT(header(docs, "Content-Security-Policy"), Not(HasSubstr("unsafe")));
}

TEST_F(Pages, HasNothingElse) {
  for (const char* file : {"index.html", "../index.html", "x.js", "%2e"})
    EXPECT_EQ(get(file, "").status, 404) << file;
}

TEST(EmbeddedDashboard, FitsIntoThreeHundredKilobytes) {
  std::size_t bytes = 0;
  for (const EmbeddedFile& file : embedded_files()) {
    const bool docs = file.path.find("/docs") != std::string_view::npos || file.path == "/openapi.json";
    if (!docs) bytes += file.gzip.size();
  }
  EXPECT_GT(bytes, 0U);
  EXPECT_LT(bytes, 300'000U);
}

}  // namespace
}  // namespace fanfinity::api
