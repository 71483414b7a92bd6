// If-None-Match: what a client has already is not sent again.

#include "http/conditional.h"

#include <gtest/gtest.h>

#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

TEST(NamesEtag, ComparesWeakly) {
  for (const char* sent : {R"("a")", R"(W/"a")", R"( "a" )", R"("x", W/"a")", R"("x","a")",
                           R"(W/"b" , "a", "c")", R"("x",,"a",)", "*", " *", R"(, "a")"}) {
    EXPECT_TRUE(names_etag(sent, R"(W/"a")")) << sent;
    EXPECT_TRUE(names_etag(sent, R"("a")")) << sent;
  }
}

TEST(NamesEtag, TakesNothingElseForTheTag) {
  for (const char* sent : {"", "a", R"("b")", R"("a)", R"(a")", R"("a"b)", R"("a" "a")", R"(w/"a")", R"("A")",
                           R"(W/ "a")", R"("x, "a")", R"("b", *)", "**", R"("")", R"("a,b")", "W/", "\""}) {
    EXPECT_FALSE(names_etag(sent, R"(W/"a")")) << sent;
  }
  EXPECT_TRUE(names_etag(R"("a,b", "c")", R"("a,b")")) << "a comma may stand inside a tag";
}

std::string if_none_match(const std::string& value) {
  return get("/tagged", "If-None-Match: " + value + "\r\n");
}

TEST(Server, AnswersWhatIsKnownAlreadyWith304) {
  TestServer running;
  Client client = running.connect();
  const Reply whole = client.ask(get("/tagged"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, "tagged");
  EXPECT_EQ(whole.header("etag"), R"(W/"1")");
  EXPECT_EQ(whole.header("cache-control"), "public, max-age=1");
  for (const char* value : {R"(W/"1")", R"("0", "1")", "*"}) {
    client.send(if_none_match(value));
    const auto unchanged = client.read(true);
    ASSERT_TRUE(unchanged.has_value());
    EXPECT_EQ(unchanged->status, 304) << value;
    EXPECT_EQ(unchanged->header("etag"), R"(W/"1")");
    EXPECT_EQ(unchanged->header("cache-control"), "public, max-age=1");
    EXPECT_FALSE(unchanged->headers.contains("content-length"));
  }
  EXPECT_EQ(client.ask(if_none_match(R"("2")")).body, "tagged") << "and the connection goes on";
  EXPECT_EQ(client.ask(get("/tagged")).status, 200) << "the condition was of its request alone";
  EXPECT_EQ(client.ask(get("/hello", "If-None-Match: *\r\n")).status, 200) << "what has no tag is sent";
}

TEST(Server, ReadsAListThatCameInSeveralLinesAsOne) {
  TestServer running;
  Client client = running.connect();
  client.send(get("/tagged", "If-None-Match: \"0\"\r\nAccept: */*\r\nIf-None-Match: \"2\", \"1\"\r\n"));
  EXPECT_EQ(client.read(true)->status, 304);
  EXPECT_EQ(client.ask(get("/tagged", "If-None-Match: \"0\"\r\nIf-None-Match: \"2\"\r\n")).status, 200);
}

}  // namespace
}  // namespace fanfinity::http::test
