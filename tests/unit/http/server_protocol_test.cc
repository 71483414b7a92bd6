// Connections and messages: what every response has, and how requests share a connection.

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "http/identifiers.h"
#include "unit/http/test_server.h"

namespace fanfinity::http::test {
namespace {

using Seen = RecordingObserver::Seen;

TEST(Server, AnswersARequest) {
  TestServer running;
  Client client = running.connect();
  const Reply reply = client.ask(get("/hello"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(reply.header("content-type"), "text/plain");
  EXPECT_EQ(reply.header("content-length"), "5");
  EXPECT_EQ(reply.header("date").size(), 29U);
  EXPECT_FALSE(reply.headers.contains("connection"));
  EXPECT_EQ(running.observer.responses(1), (std::vector<Seen>{{"GET", "/hello", 200}}));
}

TEST(Server, KeepsTheConnection) {
  TestServer running;
  Client client = running.connect();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.ask(get("/hello")).body, "hello");
  EXPECT_EQ(client.ask(post("/echo", "abc")).body, "abc");
  EXPECT_TRUE(running.observer.wait_for_open(1));
}

TEST(Server, AnswersBytesThatComeOneByOne) {
  TestServer running;
  Client client = running.connect();
  client.send_byte_by_byte(post("/echo", "hello"));
  EXPECT_EQ(client.read()->body, "hello");
  client.send_byte_by_byte(
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(client.read()->body, "abc");
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer running;
  Client client = running.connect();
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += post("/echo", std::to_string(i)) + get("/describe?n=" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(client.read()->body, std::to_string(i));
    EXPECT_NE(client.read()->body.find("query=n=" + std::to_string(i) + "\n"), std::string::npos);
  }
}

TEST(Server, AnswersAPipelinedRequestOnlyAfterTheOneBefore) {
  TestServer running;
  Client client = running.connect();
  client.send(post("/park", "x") + get("/hello"));
  const Responder first = running.lot.take();
  EXPECT_TRUE(client.silent());
  Response response;
  response.body = "first";
  first(std::move(response));
  EXPECT_EQ(client.read()->body, "first");
  EXPECT_EQ(client.read()->body, "hello");
}

TEST(Server, ClosesWhenTheClientAsksForIt) {
  TestServer running;
  Client client = running.connect();
  const Reply reply = client.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST(Server, ClosesAfterHttp10UnlessAskedToKeep) {
  TestServer running;
  Client closing = running.connect();
  EXPECT_EQ(closing.ask("GET /hello HTTP/1.0\r\n\r\n").header("connection"), "close");
  EXPECT_TRUE(closing.closed());
  Client keeping = running.connect();
  for (int i = 0; i < 2; ++i) {
    const Reply reply = keeping.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(reply.header("connection"), "keep-alive");
  }
}

TEST(Server, AnswersAClientThatHalfClosed) {
  TestServer running;
  Client client = running.connect();
  client.send(get("/hello") + get("/hello"));
  client.half_close();
  EXPECT_EQ(client.read()->body, "hello");
  EXPECT_EQ(client.read()->body, "hello");
  EXPECT_TRUE(client.closed());
}

TEST(Server, TellsAClientThatHalfClosedTooEarly) {
  TestServer running;
  for (const std::string& part : {std::string("GET /he"), post("/echo", "abc").substr(0, 56)}) {
    Client client = running.connect();
    client.send(part);
    client.half_close();
    EXPECT_EQ(client.read()->status, 400);
    EXPECT_TRUE(client.closed());
  }
}

TEST(Server, SurvivesClientsThatVanish) {
  TestServer running;
  for (const std::string& part :
       {std::string("GET /he"), post("/echo", "abc").substr(0, 56), get("/big"), get("/hello")}) {
    Client client = running.connect();
    client.send(part);
    client.reset();
  }
  EXPECT_TRUE(running.observer.wait_for_opened(4));
  EXPECT_TRUE(running.observer.wait_for_open(0));
  EXPECT_EQ(running.connect().ask(get("/hello")).status, 200);
}

TEST(Server, SendsHeadersOnlyForHead) {
  TestServer running;
  Client client = running.connect();
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  const auto head = client.read(true);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("content-length"), "5");
  EXPECT_EQ(client.read()->body, "hello");
  client.send("HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  EXPECT_EQ(client.read(true)->status, 404);
  EXPECT_EQ(client.read()->body, "hello");
  EXPECT_EQ(running.observer.responses(4)[0], (Seen{"HEAD", "/hello", 200}));
}

TEST(Server, SendsNoBodyWith204And304) {
  TestServer running;
  Client client = running.connect();
  for (const auto& [path, status] : {std::pair{"/nothing", 204}, std::pair{"/unchanged", 304}}) {
    client.send(get(path) + get("/hello"));
    const auto reply = client.read();
    EXPECT_EQ(reply->status, status);
    EXPECT_FALSE(reply->headers.contains("content-length"));
    EXPECT_EQ(client.read()->body, "hello");
  }
}

TEST(Server, SendsLargeResponsesWhole) {
  TestServer running;
  Client client = running.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(get("/big") + get("/hello"));
    const auto reply = client.read();
    EXPECT_EQ(reply->body.size(), kBigResponse);
    EXPECT_EQ(reply->body.find_first_not_of('b'), std::string::npos);
    EXPECT_EQ(client.read()->body, "hello");
  }
}

TEST(Server, DoesNotLetAHandlerSplitAResponse) {
  TestServer running;
  Client client = running.connect();
  const Reply reply = client.ask(get("/split"));
  EXPECT_EQ(reply.header("x-good"), "1");
  EXPECT_FALSE(reply.headers.contains("x-injected"));
  EXPECT_EQ(reply.body, "safe");
}

TEST(Server, EchoesASaneRequestIdAndMakesOneElse) {
  TestServer running;
  Client client = running.connect();
  const Reply own = client.ask(get("/describe", "X-Request-Id: my-id.7\r\n"));
  EXPECT_EQ(own.header("x-request-id"), "my-id.7");
  EXPECT_NE(own.body.find("id=my-id.7\n"), std::string::npos);
  for (const char* headers : {"", "X-Request-Id: a b\r\n", "X-Request-Id: a\r\nX-Request-Id: b\r\n"}) {
    const Reply made = client.ask(get("/describe", headers));
    EXPECT_EQ(made.header("x-request-id").size(), 32U);
    EXPECT_NE(made.body.find("id=" + made.header("x-request-id") + "\n"), std::string::npos);
  }
  EXPECT_TRUE(valid_request_id(client.ask("broken\r\n\r\n").header("x-request-id")));
}

TEST(Server, TellsItsObserverByWhatARequestIsFoundAgain) {
  TestServer running;
  Client client = running.connect();
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  client.ask(
      get("/describe", "X-Request-Id: my-id.7\r\ntraceparent: 00-" + trace + "-b7ad6b7169203331-01\r\n"));
  running.observer.responses(1);
  EXPECT_EQ(running.observer.last_request_and_trace_id(), std::pair(std::string("my-id.7"), trace));
  const Reply refused = client.ask("broken\r\n\r\n");
  running.observer.responses(2);
  EXPECT_EQ(running.observer.last_request_and_trace_id(),
            std::pair(refused.header("x-request-id"), std::string()));
}

TEST(Server, PassesAValidTraceparentAndMakesOneElse) {
  TestServer running;
  Client client = running.connect();
  const std::string sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_NE(client.ask(get("/describe", "traceparent: " + sent + "\r\n")).body.find("trace=" + sent + "\n"),
            std::string::npos);
  const std::string body = client.ask(get("/describe", "traceparent: 00-junk\r\n")).body;
  const std::size_t at = body.find("trace=") + 6;
  EXPECT_TRUE(valid_traceparent(std::string_view(body).substr(at, 55))) << body;
}

TEST(Server, GivesHandlersDecodedParametersAndQuery) {
  TestServer running;
  Client client = running.connect();
  const Reply reply = client.ask(get("/items/Bar%C3%A7a%E2%80%93Alav%C3%A9s%202018/view?limit=5&q=a%26b"));
  EXPECT_NE(reply.body.find("param=Bar\xc3\xa7"
                            "a\xe2\x80\x93"
                            "Alav\xc3\xa9s 2018\n"),
            std::string::npos);
  EXPECT_NE(reply.body.find("query=limit=5\nquery=q=a&b\n"), std::string::npos);
  EXPECT_NE(client.ask(get("/items/a%2Fb/view")).body.find("param=a/b\n"), std::string::npos);
  EXPECT_EQ(client.ask(get("/items/%zz/view")).status, 400);
  EXPECT_EQ(client.ask(get("/describe?utm=100%")).status, 200) << "nobody asked for this parameter";
}

TEST(Server, AnswersUnknownPathsAndMethods) {
  TestServer running;
  Client client = running.connect();
  const Reply missing = client.ask(get("/nowhere"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.header("content-type"), "application/problem+json");
  EXPECT_NE(missing.body.find(R"("status":404)"), std::string::npos);
  EXPECT_EQ(client.ask(post("/hello", "a")).header("allow"), "GET, HEAD");
  EXPECT_EQ(client.ask(get("/echo")).header("allow"), "POST");
  const Reply options = client.ask("OPTIONS /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(options.status, 405);
  EXPECT_EQ(options.header("allow"), "POST");
  const Reply server_options = client.ask("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(server_options.status, 204);
  EXPECT_EQ(server_options.header("allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(client.ask("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n").status, 405);
  EXPECT_EQ(running.observer.responses(6)[3], (Seen{"OTHER", "unmatched", 405}));
}

TEST(Server, RefusesWhatItCannotUnderstandAndCloses) {
  TestServer running;
  for (const auto& [bytes, status] :
       {std::pair<std::string, int>{
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
        {get("/" + std::string(9000, 'a')), 414},
        {get("/hello", "X: " + std::string(20'000, 'a') + "\r\n"), 431}}) {
    Client client = running.connect();
    // What is smuggled behind it must not be answered.
    const Reply reply = client.ask(bytes + get("/hello"));
    EXPECT_EQ(reply.status, status) << bytes.substr(0, 80);
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_EQ(reply.header("content-type"), "application/problem+json");
    EXPECT_TRUE(client.closed());
  }
  const auto seen = running.observer.responses(6);
  EXPECT_EQ(seen[0], (Seen{"GET", "unmatched", 400}));
  EXPECT_EQ(seen[1], (Seen{"OTHER", "unmatched", 400}));
}

TEST(Server, ServesTwoThousandConnectionsAtOnce) {
  TestServer running;
  std::vector<Client> clients;
  for (int i = 0; i < 2000; ++i) {
    clients.push_back(running.connect());
    clients.back().send(get("/hello").substr(0, 20));
  }
  ASSERT_TRUE(running.observer.wait_for_open(2000));
  EXPECT_EQ(running.connect().ask(get("/hello")).status, 200);
  for (Client& client : clients) client.send(get("/hello").substr(20));
  for (Client& client : clients) EXPECT_EQ(client.read()->status, 200);
}

TEST(Server, ServesManyThreadsOfClients) {
  TestServer running;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&running, t] {
      Client client = running.connect();
      for (int i = 0; i < 200; ++i) {
        const std::string body = std::to_string(t) + "/" + std::to_string(i);
        ASSERT_EQ(client.ask(post("/echo", body)).body, body);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace fanfinity::http::test
