#include "log/record_codec.h"

#include <algorithm>
#include <utility>

namespace fanfinity::log {
namespace {

constexpr std::uint8_t kHasFailure = 1;
constexpr std::size_t kFixedBytes = 4 + 1 + 1 + 2 + 4 + 8 + 16;
constexpr std::size_t kFailureBytes = 8 + 1 + 4 + 8 + 2;
constexpr std::size_t kAttemptBytes = 8 + 4;

base::Timestamp timestamp(std::int64_t ms) {
  return base::Timestamp(std::chrono::milliseconds(ms));
}

std::int64_t milliseconds(base::Timestamp at) {
  return at.time_since_epoch().count();
}

std::size_t failure_bytes(const Failure& failure) {
  std::size_t bytes = kFailureBytes;
  for (const auto& attempt : failure.attempts) bytes += kAttemptBytes + attempt.reason.size();
  return bytes;
}

void encode_failure(const Failure& failure, ByteWriter& out) {
  out.put(milliseconds(failure.due_at));
  out.put(static_cast<std::uint8_t>(failure.origin.stream));
  out.put(number(failure.origin.partition));
  out.put(number(failure.origin.offset));
  out.put(static_cast<std::uint16_t>(failure.attempts.size()));
  for (const auto& attempt : failure.attempts) {
    out.put(milliseconds(attempt.at));
    out.put(static_cast<std::uint32_t>(attempt.reason.size()));
    out.put(std::string_view(attempt.reason));
  }
}

std::optional<Failure> decode_failure(ByteReader& in) {
  Failure failure;
  failure.due_at = timestamp(in.get<std::int64_t>());
  const auto stream = in.get<std::uint8_t>();
  failure.origin.partition = PartitionId{in.get<std::uint32_t>()};
  failure.origin.offset = Offset{in.get<std::int64_t>()};
  const auto attempts = in.get<std::uint16_t>();
  if (!in.ok() || stream >= kStreams || attempts > kMaxAttempts) return std::nullopt;
  failure.origin.stream = static_cast<Stream>(stream);
  for (std::uint16_t i = 0; i < attempts && in.ok(); ++i) {
    const auto at = timestamp(in.get<std::int64_t>());
    const auto length = in.get<std::uint32_t>();
    failure.attempts.push_back({at, in.text(length)});
  }
  if (!in.ok()) return std::nullopt;
  return failure;
}

}  // namespace

std::size_t encoded_bytes(const Record& record) {
  return kFixedBytes + record.value.size() + record.traceparent.size() +
         (record.failure ? failure_bytes(*record.failure) : 0);
}

void encode(const Record& record, ByteWriter& out) {
  out.put(static_cast<std::uint32_t>(encoded_bytes(record)));
  out.put(static_cast<std::uint8_t>(record.kind));
  out.put(record.failure ? kHasFailure : std::uint8_t{0});
  out.put(static_cast<std::uint16_t>(record.traceparent.size()));
  out.put(static_cast<std::uint32_t>(record.value.size()));
  out.put(milliseconds(record.received_at));
  out.put_bytes(std::as_bytes(std::span(record.key.bytes)));
  out.put(std::string_view(record.value));
  out.put(std::string_view(record.traceparent));
  if (record.failure) encode_failure(*record.failure, out);
}

std::optional<Record> decode_record(ByteReader& in) {
  std::optional<Record> record(std::in_place);
  if (!decode_record(in, *record)) record.reset();
  return record;
}

bool decode_record(ByteReader& in, Record& into) {
  const auto bytes = in.get<std::uint32_t>();
  if (bytes < kFixedBytes || bytes > kMaxRecordBytes) return false;
  ByteReader body(in.take(bytes - sizeof bytes));
  const auto kind = body.get<std::uint8_t>();
  const auto flags = body.get<std::uint8_t>();
  const auto traceparent = body.get<std::uint16_t>();
  const auto value = body.get<std::uint32_t>();
  into.received_at = timestamp(body.get<std::int64_t>());
  const auto key = body.take(into.key.bytes.size());
  if (!body.ok() || kind < 1 || kind > 2 || flags > kHasFailure) return false;
  into.kind = static_cast<RecordKind>(kind);
  std::memcpy(into.key.bytes.data(), key.data(), key.size());
  into.value = body.view(value);
  into.traceparent = body.view(traceparent);
  into.failure.reset();
  if (flags == kHasFailure) {
    into.failure = decode_failure(body);
    if (!into.failure) return false;
  }
  return body.ok() && body.left() == 0;
}

bool skip_record(ByteReader& in) {
  const auto bytes = in.get<std::uint32_t>();
  if (bytes < kFixedBytes || bytes > kMaxRecordBytes) return false;
  static_cast<void>(in.take(bytes - sizeof bytes));
  return in.ok();
}

}  // namespace fanfinity::log
