#include "log/kafka_errors.h"

#include <gtest/gtest.h>

#include <string>

namespace fanfinity::log {
namespace {

using base::Errc;

bool has(const std::string& sentence, std::string_view words) {
  return sentence.find(words) != std::string::npos;
}

/// As librdkafka tells of an alert: during the handshake, or after it.
std::string alert(int number) {
  return "ssl://kafka.example:9093/bootstrap: Receive failed: error:0A000412:SSL routines::some alert: SSL "
         "alert "
         "number " +
         std::to_string(number) + " (after 3ms in state APIVERSION_QUERY)";
}

TEST(DescribeKafka, NamesTheBrokerAndTheReasonAndNoMore) {
  const auto said = describe_kafka(
      RD_KAFKA_RESP_ERR__TRANSPORT,
      "sasl_ssl://kafka.example:9093/2: Connect to ipv4#10.0.0.2:9093 failed: Connection timed out (after "
      "10ms in state CONNECT, 3 identical error(s) suppressed)");
  EXPECT_EQ(said,
            "The connection to the Kafka broker at kafka.example:9093 failed (Connect to ipv4#10.0.0.2:9093 "
            "failed: Connection timed out).");
}

TEST(DescribeKafka, TellsNobodyListensFromAnyOtherFailedConnection) {
  EXPECT_TRUE(has(describe_kafka(RD_KAFKA_RESP_ERR__TRANSPORT,
                                 "kafka.example:9092/bootstrap: Connect to ipv4#10.0.0.2:9092 failed: "
                                 "Connection refused (after 0ms in state CONNECT)"),
                  "Nothing listens at the Kafka broker at kafka.example:9092"));
}

TEST(DescribeKafka, TakesATextWithoutABrokerAsItIs) {
  EXPECT_TRUE(has(describe_kafka(RD_KAFKA_RESP_ERR__SSL, "no: broker/here"),
                  "a Kafka broker failed (no: broker/here)"));
  EXPECT_TRUE(has(describe_kafka(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), "grant it the rights"));
}

TEST(DescribeKafka, AsksForACertificateWhenTheBrokerRefusesOurs) {
  for (const int number : {42, 43, 44, 45, 46, 48, 116}) {
    for (const auto code : {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__SSL}) {
      const auto said = describe_kafka(code, alert(number));
      EXPECT_TRUE(has(said, "kafka.example:9093") && has(said, "KAFKA_CERT_FILE")) << said;
    }
  }
}

TEST(DescribeKafka, AsksForACaFileWhenWeRefuseTheBrokersCertificate) {
  const auto said =
      describe_kafka(RD_KAFKA_RESP_ERR__SSL,
                     "ssl://kafka.example:9093/bootstrap: SSL handshake failed: error:0A000086:SSL "
                     "routines::certificate verify failed: broker certificate could not be verified");
  EXPECT_TRUE(has(said, "CA file") && !has(said, "KAFKA_CERT_FILE")) << said;
}

TEST(IsHopeless, AreCredentialsCertificatesAndRights) {
  for (const auto code :
       {RD_KAFKA_RESP_ERR__SSL, RD_KAFKA_RESP_ERR__AUTHENTICATION,
        RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED}) {
    EXPECT_TRUE(is_hopeless(code)) << rd_kafka_err2name(code);
  }
  EXPECT_TRUE(is_hopeless(RD_KAFKA_RESP_ERR__TRANSPORT, alert(42)));
}

TEST(IsHopeless, IsNothingThatWaitingMayCure) {
  for (const auto code :
       {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART}) {
    EXPECT_FALSE(is_hopeless(code)) << rd_kafka_err2name(code);
  }
  EXPECT_FALSE(is_hopeless(RD_KAFKA_RESP_ERR__TRANSPORT, alert(80)));  // internal_error
  EXPECT_FALSE(is_hopeless(RD_KAFKA_RESP_ERR__TRANSPORT, alert(421)));
  EXPECT_FALSE(is_hopeless(RD_KAFKA_RESP_ERR__TRANSPORT, "SSL alert number "));
}

TEST(ReadError, SaysNotFoundOnlyOfAnOffsetOutsideOfTheLog) {
  EXPECT_EQ(read_error(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE).code, Errc::kNotFound);
  EXPECT_EQ(read_error(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET).code, Errc::kNotFound);
  for (const auto code : {RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                          RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TIMED_OUT}) {
    EXPECT_EQ(read_error(code).code, Errc::kUnavailable) << rd_kafka_err2name(code);
  }
}

TEST(CommitStatus, IsUnknownForWhateverIsNotTheCoordinatorsOwnNo) {
  EXPECT_TRUE(commit_status(RD_KAFKA_RESP_ERR_NO_ERROR));
  for (const auto code :
       {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_UNKNOWN,
        RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__NO_OFFSET}) {
    EXPECT_EQ(commit_status(code).error().code, Errc::kUnknownOutcome) << rd_kafka_err2name(code);
  }
}

TEST(CommitStatus, FencesWhoTheCoordinatorDoesNotKnow) {
  for (const auto code : {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID,
                          RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST}) {
    EXPECT_EQ(commit_status(code).error().code, Errc::kFenced) << rd_kafka_err2name(code);
  }
}

TEST(CommitStatus, MayBeTriedAgainWhenNothingWasWritten) {
  for (const auto code :
       {RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR}) {
    EXPECT_EQ(commit_status(code).error().code, Errc::kUnavailable) << rd_kafka_err2name(code);
  }
  EXPECT_EQ(commit_status(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED).error().code, Errc::kInvalid);
}

TEST(DeliveryError, IsUnknownUnlessNothingWasWrittenForSure) {
  for (const auto status : {RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED, RD_KAFKA_MSG_STATUS_PERSISTED}) {
    for (const auto code : {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR_INVALID_RECORD,
                            RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR}) {
      EXPECT_EQ(delivery_error(code, status).code, Errc::kUnknownOutcome) << rd_kafka_err2name(code);
    }
  }
  EXPECT_EQ(delivery_error(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_MSG_STATUS_NOT_PERSISTED).code,
            Errc::kUnavailable);
}

TEST(DeliveryError, NeverBlamesAnEventForTheTopicsLimit) {
  const auto error = delivery_error(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_MSG_STATUS_NOT_PERSISTED);
  EXPECT_EQ(error.code, Errc::kUnavailable);
  EXPECT_TRUE(has(error.detail, "max.message.bytes"));
}

}  // namespace
}  // namespace fanfinity::log
