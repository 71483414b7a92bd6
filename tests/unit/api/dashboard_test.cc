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
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

class Dashboard : public testing::Test {
 protected:
  http::Response get(std::string_view file, std::string_view accept_encoding,
                     std::string_view if_none_match = {}) {
    http::Request request;
    request.accept_encoding = accept_encoding;
    request.if_none_match = if_none_match;
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

TEST_F(Dashboard, IsNotSentAgainToWhoHasIt) {
  const std::string etag = header(get("", "gzip"), "ETag");
  const auto again = get("", "gzip", etag);
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.shared_body, nullptr);
  EXPECT_EQ(header(again, "ETag"), etag);
  EXPECT_EQ(get("", "", etag).status, 200);
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
