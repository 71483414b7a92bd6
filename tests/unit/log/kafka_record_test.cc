#include "log/kafka_record.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfinity::log {
namespace {

using std::chrono::milliseconds;

const base::Uuid kId = *base::Uuid::parse("550e8400-e29b-41d4-a716-446655440000");
constexpr std::int64_t kSentAt = 1'705'329'000'123;

base::Timestamp at(std::int64_t ms) {
  return base::Timestamp(milliseconds(ms));
}

/// What stands on a topic, whoever wrote it.
struct Written {
  std::optional<std::string> key = std::nullopt;
  std::optional<std::string> value = std::nullopt;
  KafkaHeaders headers = nullptr;
};

KafkaHeaders headers_with(const std::vector<std::pair<std::string, std::string>>& pairs) {
  KafkaHeaders headers(rd_kafka_headers_new(pairs.size()));
  for (const auto& [name, value] : pairs) {
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return headers;
}

/// A producer that knows no broker.
rd_kafka_t* producer() {
  static const KafkaHandle handle = [] {
    KafkaConf conf(rd_kafka_conf_new());
    std::array<char, 512> text{};
    rd_kafka_conf_set(conf.get(), "log_level", "0", text.data(), text.size());
    rd_kafka_conf_set_dr_msg_cb(conf.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void*) {
      // A message that was read has no error, or it would tell no time.
      const_cast<rd_kafka_message_t*>(message)->err = RD_KAFKA_RESP_ERR_NO_ERROR;  // NOLINT
      *static_cast<std::optional<Record>*>(message->_private) = record_of(*message);
    });
    return KafkaHandle(rd_kafka_new(RD_KAFKA_PRODUCER, conf.release(), text.data(), text.size()));
  }();
  return handle.get();
}

/// The record of a message as librdkafka hands it out: here of one that was never sent, in its delivery
/// report.
Record read(Written written) {
  std::optional<Record> record;
  std::array<rd_kafka_vu_t, 7> arguments{};
  arguments[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  arguments[0].u.cstr = "events";
  arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  arguments[1].u.i32 = 0;
  arguments[2].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  arguments[2].u.i64 = kSentAt;
  arguments[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
  arguments[3].u.ptr = &record;
  arguments[4].vtype = RD_KAFKA_VTYPE_KEY;
  if (written.key) arguments[4].u.mem = {written.key->data(), written.key->size()};
  arguments[5].vtype = RD_KAFKA_VTYPE_VALUE;
  if (written.value) arguments[5].u.mem = {written.value->data(), written.value->size()};
  arguments[6].vtype = RD_KAFKA_VTYPE_HEADERS;
  arguments[6].u.headers = written.headers.get();
  const KafkaErrorObject failed(rd_kafka_produceva(producer(), arguments.data(), written.headers ? 7 : 6));
  EXPECT_FALSE(failed) << rd_kafka_error_string(failed.get());
  if (failed) return {};
  static_cast<void>(written.headers.release());  // The message owns them.
  rd_kafka_purge(producer(), RD_KAFKA_PURGE_F_QUEUE);
  for (int i = 0; i < 100 && !record; ++i) rd_kafka_poll(producer(), 100);
  EXPECT_TRUE(record) << "no delivery report";
  return record.value_or(Record{});
}

Record sent_and_read(const Record& record) {
  return read({record.key.to_string(), record.value, headers_of(record)});
}

Record an_event() {
  Record record;
  record.key = kId;
  record.value = R"({"eventId":"550e8400-e29b-41d4-a716-446655440000"})";
  record.received_at = at(1'700'000'000'007);
  return record;
}

Record a_refused_event() {
  auto record = an_event();
  record.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  record.failure = Failure{
      .attempts = {{at(1'700'000'001'000), "Code: 469.\n\"no_poison\""}, {at(1'700'000'003'000), "\u26bd"}},
      .due_at = at(1'700'000'007'000),
      .origin = {Stream::kRetry, PartitionId{4'000'000'000}, Offset{9'000'000'000'000}}};
  return record;
}

TEST(KafkaRecord, ComesBackAsItWasSent) {
  EXPECT_EQ(sent_and_read(an_event()), an_event());
  EXPECT_EQ(sent_and_read(a_refused_event()), a_refused_event());
  auto times = an_event();
  times.kind = RecordKind::kResponseTimes;
  EXPECT_EQ(sent_and_read(times), times);
  auto empty = an_event();
  empty.failure = Failure{};
  EXPECT_EQ(sent_and_read(empty), empty) << "a failure without attempts is still one";
}

TEST(KafkaRecord, OfAForeignMessageIsAnEventOfTheMomentItWasSent) {
  const auto record = read({"550e8400-e29b-41d4-a716-446655440000", "{}"});
  Record expected;
  expected.key = kId;
  expected.value = "{}";
  expected.received_at = at(kSentAt);
  EXPECT_EQ(record, expected);
}

TEST(KafkaRecord, WithoutAnIdAsItsKeyHasTheNilOne) {
  for (const auto& key : {std::optional<std::string>{}, std::optional<std::string>{""},
                          std::optional<std::string>{"550e8400-e29b-41d4-a716-44665544000"},
                          std::optional<std::string>{"550e8400-e29b-41d4-a716-446655440000 "},
                          std::optional<std::string>{std::string(36, '\0')}}) {
    EXPECT_EQ(read({key, "{}"}).key, base::Uuid{}) << key.value_or("none");
  }
}

TEST(KafkaRecord, WithoutAValueIsEmpty) {
  EXPECT_EQ(read({kId.to_string()}).value, "");
}

TEST(KafkaRecord, KeepsBytesThatAreNoText) {
  const std::string bytes("\0\xff\xfe{", 4);
  EXPECT_EQ(read({kId.to_string(), bytes}).value, bytes);
}

TEST(KafkaRecord, WithATimeThatIsNoneHasTheMessagesOwn) {
  EXPECT_EQ(read({kId.to_string(), "{}", headers_with({{"received-at", "yesterday"}})}).received_at,
            at(kSentAt));
}

TEST(KafkaRecord, IsReadFromTheLastHeaderOfAName) {
  const auto record = read({kId.to_string(), "{}",
                            headers_with({{"kind", "response-times"},
                                          {"traceparent", "a"},
                                          {"traceparent", "b"},
                                          {"kind", "event"},
                                          {"unknown", "c"}})});
  EXPECT_EQ(record.kind, RecordKind::kEvent);
  EXPECT_EQ(record.traceparent, "b");
}

TEST(KafkaRecord, WithUnreadableAttemptsWasRefusedAllTheSame) {
  const auto record = read({kId.to_string(), "{}", headers_with({{"attempts", "[{"}, {"due-at", "never"}})});
  EXPECT_EQ(record.failure, Failure{});
}

TEST(KafkaRecord, HasNoOriginWhereNoneCanBeRead) {
  for (const auto* origin :
       {"", "events", "events/1", "events/1/", "events/1/2x", "events/x/2", "eventsX/1/2", "others/1/2",
        "events/4294967296/2", "events/1/9223372036854775808", "events//2"}) {
    const auto record = read({kId.to_string(), "{}", headers_with({{"attempts", "[]"}, {"origin", origin}})});
    ASSERT_TRUE(record.failure);
    EXPECT_EQ(record.failure->origin, Position{}) << origin;
  }
  const auto record =
      read({kId.to_string(), "{}", headers_with({{"attempts", "[]"}, {"origin", "dead/0/17"}})});
  EXPECT_EQ(record.failure->origin, (Position{Stream::kDead, PartitionId{0}, Offset{17}}));
}

TEST(KafkaRecord, CountsAtLeastTheBytesItTakes) {
  auto record = a_refused_event();
  for (int attempt = 0; attempt < 20; ++attempt) {
    std::size_t bytes = kKafkaKeyBytes + record.value.size();
    const auto headers = headers_of(record);
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers.get(), i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
      bytes += std::string_view(name).size() + size;
    }
    EXPECT_GE(size_of(record), bytes);
    record.failure->attempts.push_back({at(kSentAt), std::string(500, 'x')});
  }
}

}  // namespace
}  // namespace fanfinity::log
