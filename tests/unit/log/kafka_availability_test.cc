#include "log/kafka_availability.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr const char* kWrongPassword = "sasl_ssl://kafka.example:9093/bootstrap: Authentication failed";
constexpr const char* kRefused = "kafka.example:9093/bootstrap: Connect failed: Connection refused";

bool has(const std::string& sentence, std::string_view words) {
  return sentence.find(words) != std::string::npos;
}

class Availability : public testing::Test {
 protected:
  /// The answer of a wait that has no time.
  base::Status now() { return kafka_.wait_open(steady_clock::now(), {}); }
  void note_down() { kafka_.note(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down"); }

  KafkaAvailability kafka_{"kafka.example:9093"};
};

TEST_F(Availability, IsNotThereBeforeTheFirstLook) {
  EXPECT_FALSE(kafka_.open());
  EXPECT_FALSE(kafka_.broken());
  EXPECT_EQ(now().error().code, Errc::kUnavailable);
}

TEST_F(Availability, OfAWrongPasswordIsHopelessWhateverComesBehindIt) {
  kafka_.note(RD_KAFKA_RESP_ERR__AUTHENTICATION, kWrongPassword);
  kafka_.note(RD_KAFKA_RESP_ERR__TRANSPORT, kRefused);
  note_down();
  kafka_.set(kafka_.unreachable("nobody answered"));
  const auto status = now();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::kInvalid);
  EXPECT_TRUE(has(status.error().detail, "password")) << status.error().detail;
}

TEST_F(Availability, OfACertificateRefusedAfterTheHandshakeIsHopeless) {
  kafka_.note(
      RD_KAFKA_RESP_ERR__TRANSPORT,
      "ssl://kafka.example:9093/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad "
      "certificate: SSL alert number 42 (after 1ms in state APIVERSION_QUERY)");
  EXPECT_EQ(now().error().code, Errc::kInvalid);
}

TEST_F(Availability, OfBrokersThatAreAwayTellsWhyAndGoesOnWaiting) {
  kafka_.note(RD_KAFKA_RESP_ERR__TRANSPORT, kRefused);
  note_down();
  kafka_.set(kafka_.unreachable("nobody answered"));
  EXPECT_EQ(now().error().code, Errc::kUnavailable);
  EXPECT_TRUE(has(now().error().detail, "Nothing listens"));
  EXPECT_FALSE(kafka_.broken());
}

TEST_F(Availability, EndsWhenAllBrokersAreDownUntilSomebodyHasLooked) {
  kafka_.set({});
  EXPECT_TRUE(kafka_.open() && now());
  kafka_.note(RD_KAFKA_RESP_ERR__TRANSPORT, kRefused);
  EXPECT_TRUE(kafka_.open()) << "one broker of many";
  note_down();
  EXPECT_FALSE(kafka_.open());
  EXPECT_TRUE(has(kafka_.status().error().detail, "Nothing listens")) << kafka_.status().error().detail;
  kafka_.set({});
  EXPECT_TRUE(kafka_.open() && now());
}

TEST_F(Availability, ForgetsTheReasonsOfBeforeOnceItIsThere) {
  kafka_.note(RD_KAFKA_RESP_ERR__AUTHENTICATION, kWrongPassword);
  kafka_.set({});
  kafka_.note(RD_KAFKA_RESP_ERR__TRANSPORT, kRefused);
  note_down();
  kafka_.set(kafka_.unreachable("nobody answered"));
  EXPECT_EQ(now().error().code, Errc::kUnavailable);
  EXPECT_TRUE(has(now().error().detail, "Nothing listens")) << now().error().detail;
}

TEST_F(Availability, IsBrokenByATopicThatCannotServeUntilItIsMended) {
  kafka_.set({});
  kafka_.set(Error{Errc::kInvalid, "The topic is compacted."});
  ASSERT_TRUE(kafka_.broken());
  EXPECT_EQ(kafka_.broken()->detail, "The topic is compacted.");
  EXPECT_EQ(now().error().code, Errc::kInvalid);
  kafka_.set({});
  EXPECT_FALSE(kafka_.broken());
}

TEST_F(Availability, WakesWhoWaitsForIt) {
  const std::jthread watch([this] { kafka_.set({}); });
  EXPECT_TRUE(kafka_.wait_open(steady_clock::now() + std::chrono::seconds(30), {}));
}

TEST_F(Availability, LetsGoWhoIsToldToStop) {
  std::stop_source stop;
  const std::jthread other([&stop] { stop.request_stop(); });
  const auto status = kafka_.wait_open(steady_clock::now() + std::chrono::seconds(30), stop.get_token());
  EXPECT_EQ(status.error().code, Errc::kStopped);
}

TEST_F(Availability, CallsForALookWhenAllBrokersAreDownAndOnlyThen) {
  const auto asked_within = [this](milliseconds wait) {
    const auto began = steady_clock::now();
    kafka_.wait_for_trouble(wait, {});
    return steady_clock::now() - began < wait;
  };
  kafka_.note(RD_KAFKA_RESP_ERR__TRANSPORT, kRefused);
  EXPECT_FALSE(asked_within(milliseconds(1)));
  note_down();
  EXPECT_TRUE(asked_within(std::chrono::seconds(30)));
  EXPECT_FALSE(asked_within(milliseconds(1))) << "once";
}

}  // namespace
}  // namespace fanfinity::log
