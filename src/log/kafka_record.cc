#include "log/kafka_record.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "base/rfc3339.h"
#include "log/kafka_attempts.h"

namespace fanfinity::log {
namespace {

constexpr const char* kKind = "kind";
constexpr const char* kReceivedAt = "received-at";
constexpr const char* kTraceparent = "traceparent";
constexpr const char* kAttempts = "attempts";
constexpr const char* kAttempt = "attempt";
constexpr const char* kFirstFailureAt = "first-failure-at";
constexpr const char* kDueAt = "due-at";
constexpr const char* kOrigin = "origin";
constexpr std::string_view kEventKind = "event";
constexpr std::string_view kResponseTimesKind = "response-times";
constexpr std::size_t kHeaderBytes = 160;  // Names, kind, times and framing.
constexpr std::size_t kMaxHeaders = 8;

void add(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                      static_cast<ssize_t>(value.size()));
}

std::optional<std::string_view> header(const rd_kafka_headers_t* headers, const char* name) {
  const void* value = nullptr;
  std::size_t size = 0;
  if (headers == nullptr ||
      rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      value == nullptr) {
    return std::nullopt;
  }
  return std::string_view(static_cast<const char*>(value), size);
}

std::optional<base::Timestamp> time_in(const rd_kafka_headers_t* headers, const char* name) {
  const auto text = header(headers, name);
  return text ? base::parse_rfc3339(*text) : std::nullopt;
}

std::string origin_text(const Position& origin) {
  return fmt::format("{}/{}/{}", to_string(origin.stream), number(origin.partition), number(origin.offset));
}

template <typename Int>
bool take_number(std::string_view& text, Int& into) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (failed != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<Position> parse_origin(std::string_view text) {
  for (const auto stream : {Stream::kEvents, Stream::kRetry, Stream::kDead}) {
    const auto name = to_string(stream);
    if (!text.starts_with(name) || text.substr(name.size(), 1) != "/") continue;
    text.remove_prefix(name.size() + 1);
    std::uint32_t partition = 0;
    std::int64_t offset = 0;
    if (!take_number(text, partition) || !text.starts_with('/')) return std::nullopt;
    text.remove_prefix(1);
    if (!take_number(text, offset) || !text.empty()) return std::nullopt;
    return Position{stream, PartitionId{partition}, Offset{offset}};
  }
  return std::nullopt;
}

std::optional<Failure> failure_in(const rd_kafka_headers_t* headers) {
  const auto attempts = header(headers, kAttempts);
  if (!attempts) return std::nullopt;
  Failure failure;
  failure.attempts = parse_attempts(*attempts).value_or(std::vector<FailedAttempt>{});
  failure.due_at = time_in(headers, kDueAt).value_or(base::Timestamp{});
  failure.origin = parse_origin(header(headers, kOrigin).value_or("")).value_or(Position{});
  return failure;
}

}  // namespace

KafkaHeaders headers_of(const Record& record) {
  KafkaHeaders headers(rd_kafka_headers_new(kMaxHeaders));
  add(headers.get(), kKind, record.kind == RecordKind::kEvent ? kEventKind : kResponseTimesKind);
  std::string text;
  base::append_rfc3339(record.received_at, text);
  add(headers.get(), kReceivedAt, text);
  if (!record.traceparent.empty()) add(headers.get(), kTraceparent, record.traceparent);
  if (!record.failure) return headers;
  const auto& failure = *record.failure;
  add(headers.get(), kAttempts, attempts_text(failure.attempts));
  add(headers.get(), kAttempt, std::to_string(failure.attempts.size()));
  if (!failure.attempts.empty()) {
    add(headers.get(), kFirstFailureAt, base::format_rfc3339(failure.attempts.front().at));
  }
  add(headers.get(), kDueAt, base::format_rfc3339(failure.due_at));
  add(headers.get(), kOrigin, origin_text(failure.origin));
  return headers;
}

std::size_t size_of(const Record& record) {
  std::size_t size = kKafkaKeyBytes + kHeaderBytes + record.value.size() + record.traceparent.size();
  if (!record.failure) return size;
  for (const auto& attempt : record.failure->attempts) size += kHeaderBytes + attempt.reason.size();
  return size;
}

Record record_of(const rd_kafka_message_t& message) {
  Record record;
  if (message.key != nullptr) {
    const std::string_view key(static_cast<const char*>(message.key), message.key_len);
    record.key = base::Uuid::parse(key).value_or(base::Uuid{});
  }
  if (message.payload != nullptr) {
    record.value.assign(static_cast<const char*>(message.payload), message.len);
  }
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) headers = nullptr;
  if (header(headers, kKind) == kResponseTimesKind) record.kind = RecordKind::kResponseTimes;
  record.traceparent = header(headers, kTraceparent).value_or("");
  record.failure = failure_in(headers);
  if (const auto received = time_in(headers, kReceivedAt)) {
    record.received_at = *received;
  } else {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const auto at = rd_kafka_message_timestamp(&message, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && at > 0) {
      record.received_at = base::Timestamp(std::chrono::milliseconds(at));
    }
  }
  return record;
}

}  // namespace fanfinity::log
