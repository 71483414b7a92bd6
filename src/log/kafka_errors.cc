#include "log/kafka_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace fanfinity::log {
namespace {

using base::Errc;
using base::Error;
using base::Status;

struct Told {
  std::string broker;  ///< host:port, or empty.
  std::string reason;
};

/// Takes librdkafka's text apart: `[protocol://]host:port/id: reason (after 3ms in state CONNECT)`.
Told take_apart(std::string_view text) {
  Told told;
  if (const auto scheme = text.find("://"); scheme != text.npos && scheme < text.find(' ')) {
    text.remove_prefix(scheme + 3);
  }
  const auto colon = text.find(": ");
  const auto slash = text.find('/');
  if (colon != text.npos && slash != text.npos && slash < colon) {
    told.broker = text.substr(0, slash);
    text.remove_prefix(colon + 2);
  }
  if (const auto after = text.rfind(" (after "); after != text.npos) text = text.substr(0, after);
  if (const auto times = text.rfind(" (_"); times != text.npos) text = text.substr(0, times);
  while (text.ends_with('.') || text.ends_with(' ')) text.remove_suffix(1);
  told.reason = text;
  return told;
}

/// Whether the broker has sent a TLS alert about the certificate that we showed, or did not show. With
/// TLS 1.3 it comes after our side of the handshake, and librdkafka calls it a failed connection.
bool refuses_our_certificate(std::string_view text) {
  constexpr std::string_view kAlert = "SSL alert number ";  // OpenSSL's, of alerts that were received.
  constexpr std::array kAboutCertificates{
      42,   // bad_certificate
      43,   // unsupported_certificate
      44,   // certificate_revoked
      45,   // certificate_expired
      46,   // certificate_unknown
      48,   // unknown_ca
      116,  // certificate_required
  };
  const auto at = text.find(kAlert);
  if (at == text.npos) return false;
  text.remove_prefix(at + kAlert.size());
  int alert = 0;
  std::from_chars(text.data(), text.data() + text.size(), alert);
  return std::ranges::find(kAboutCertificates, alert) != kAboutCertificates.end();
}

}  // namespace

std::string describe_kafka(rd_kafka_resp_err_t code, std::string_view text) {
  Told told = take_apart(text.empty() ? std::string_view(rd_kafka_err2str(code)) : text);
  const std::string broker =
      told.broker.empty() ? "a Kafka broker" : fmt::format("the Kafka broker at {}", told.broker);
  if (refuses_our_certificate(told.reason)) {
    return fmt::format(
        "TLS with {} failed ({}): it wants a client certificate that it can trust. Name one, and its key, in "
        "KAFKA_CERT_FILE and KAFKA_KEY_FILE.",
        broker, told.reason);
  }
  switch (code) {
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return fmt::format("The name of {} cannot be resolved ({}): check the bootstrap servers and the DNS.",
                         broker, told.reason);
    case RD_KAFKA_RESP_ERR__SSL:
      return fmt::format(
          "TLS with {} failed ({}): check that the port speaks TLS, that the CA file signed the broker's "
          "certificate, and that the certificate names the host.",
          broker, told.reason);
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return fmt::format("Logging in to {} failed ({}): check the SASL mechanism, user and password.", broker,
                         told.reason);
    case RD_KAFKA_RESP_ERR__TRANSPORT:
      if (told.reason.find("refused") != told.reason.npos) {
        return fmt::format("Nothing listens at {} ({}): start it, or correct the bootstrap servers.", broker,
                           told.reason);
      }
      return fmt::format("The connection to {} failed ({}).", broker, told.reason);
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      return "No Kafka broker can be reached.";
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return fmt::format(
          "Kafka does not let this user do that ({}): grant it the rights in "
          "docs/OPERATIONS.md.",
          told.reason);
    default:
      return fmt::format("Kafka: {} ({}).", told.reason, rd_kafka_err2name(code));
  }
}

bool is_hopeless(rd_kafka_resp_err_t code, std::string_view text) {
  if (refuses_our_certificate(text)) return true;
  switch (code) {
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return true;
    default:
      return false;
  }
}

Error read_error(rd_kafka_resp_err_t code, std::string_view text) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return {Errc::kNotFound, "The offset is not in the partition."};
    default:
      return {Errc::kUnavailable, describe_kafka(code, text)};
  }
}

Status commit_status(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return {};
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__DESTROY:
      return Error{Errc::kFenced, "This member no longer owns the partition."};
    // The coordinator's own word that it wrote nothing, on a connection that was not lost meanwhile
    // (KafkaPartition sees to that): the same commit may be tried again, under whatever generation comes.
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
      return Error{Errc::kUnavailable, describe_kafka(code)};
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      return Error{Errc::kInvalid, describe_kafka(code)};
    default:
      return Error{Errc::kUnknownOutcome, describe_kafka(code)};
  }
}

Error delivery_error(rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) {
  if (status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
    return {Errc::kUnknownOutcome, "Kafka did not confirm the append: " + describe_kafka(code)};
  }
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      // Events are bounded far below any sensible limit: the topic's is at fault, and may be mended.
      return {Errc::kUnavailable,
              "Kafka's topic takes no batch of this size: set its max.message.bytes to at least 1048588."};
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return {Errc::kInvalid, describe_kafka(code)};
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
      return {Errc::kUnavailable, "Kafka did not take the append in time."};
    default:
      return {Errc::kUnavailable, describe_kafka(code)};
  }
}

}  // namespace fanfinity::log
