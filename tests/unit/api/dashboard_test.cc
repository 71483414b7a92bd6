#include "api/dashboard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  const std::string_view lines = response.header_lines;
  const std::size_t at = lines.find(start);
  if (at == std::string_view::npos) return {};
  return std::string(lines.substr(at + start.size(), lines.find("\r\n", at) - at - start.size()));
}

class Dashboard : public testing::Test {
 protected:
  http::Response get(std::string_view file, std::string_view accept_encoding) {
    http::Request request;
    request.accept_encoding = accept_encoding;
    const bool root = file.empty();
    if (!root) request.params.emplace_back(file);
    const auto sink = std::make_shared<KeepingSink>();
    routes_[root ? 0 : 1].handler(request, http::Responder(sink));
    return sink->kept;
  }

  /// The script's name has a hash, which the page names.
  std::string script() {
    const auto page = get("", "");
    const std::string_view body = *page.shared_body;
    const std::size_t from = body.find("/assets/index-") + 8;
    return std::string(body.substr(from, body.find('"', from) - from));
  }

  std::vector<http::Route> routes_ = dashboard_routes();
};

TEST_F(Dashboard, IsAPageThatNamesAScriptThatIsThere) {
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

TEST_F(Dashboard, ComesCompressedToWhoTakesThat) {
  const auto plain = get(script(), "br");
  const auto gzip = get(script(), "gzip, br");
  EXPECT_EQ(header(gzip, "Content-Encoding"), "gzip");
  EXPECT_LT(gzip.shared_body->size(), plain.shared_body->size());
  EXPECT_EQ(header(gzip, "Vary"), "Accept-Encoding");
  EXPECT_NE(header(gzip, "ETag"), header(plain, "ETag"));
}

TEST_F(Dashboard, HasAnEtagThatLetsItNotBeSentAgain) {
  for (const char* accepted : {"", "gzip"}) {
    const auto page = get("", accepted);
    EXPECT_FALSE(page.etag.empty());
    EXPECT_EQ(header(page, "ETag"), page.etag);
  }
}

TEST_F(Dashboard, LetsNothingForeignIntoThePage) {
  const std::string policy = header(get("", ""), "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_EQ(header(get(script(), ""), "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(get("", ""), "Referrer-Policy"), "no-referrer");
}

TEST_F(Dashboard, HasNothingElse) {
  for (const char* file : {"index.html", "../index.html", "x.js", "%2e"})
    EXPECT_EQ(get(file, "").status, 404) << file;
}

TEST(EmbeddedDashboard, FitsIntoThreeHundredKilobytes) {
  std::size_t bytes = 0;
  for (const EmbeddedFile& file : embedded_dashboard()) bytes += file.gzip.size();
  EXPECT_GT(bytes, 0U);
  EXPECT_LT(bytes, 300'000U);
}

}  // namespace
}  // namespace fanfinity::api
