// The producer against librdkafka's mock cluster: a broker that refuses one request and takes the next one,
// which no real broker does on demand.

#include "log/kafka_producer.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "log/kafka_availability.h"
#include "log/kafka_offsets.h"

namespace fanfinity::log {
namespace {

using namespace std::chrono_literals;

constexpr std::int16_t kProduceRequest = 0;  // https://kafka.apache.org/protocol#protocol_api_keys
constexpr std::chrono::seconds kDeadline{30};

class MockCluster {
 public:
  MockCluster() {
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
    host_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    cluster_ = rd_kafka_mock_cluster_new(host_.get(), 1);
    for (const char* topic : {"events", "retry", "dead"}) {
      rd_kafka_mock_topic_create(cluster_, topic, 1, 1);
    }
  }
  ~MockCluster() { rd_kafka_mock_cluster_destroy(cluster_); }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  [[nodiscard]] std::string servers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void refuse_next_produce(rd_kafka_resp_err_t code) {
    rd_kafka_mock_push_request_errors(cluster_, kProduceRequest, 1, code);
  }
  /// So that several requests can be under way before the first is answered.
  void answer_after(std::chrono::milliseconds delay) {
    rd_kafka_mock_broker_set_rtt(cluster_, 1, static_cast<int>(delay.count()));
  }

 private:
  KafkaHandle host_;
  rd_kafka_mock_cluster_t* cluster_;
};

// A broker that knows nothing of a producer yet takes whatever sequence number comes first. Were a second
// request sent before the first is answered, and only the first refused, librdkafka would take the second's
// success as the first's, too: acknowledged, and nowhere.
TEST(KafkaProducer, AcknowledgesNothingOfARefusedRequestThatWasFollowedByAnother) {
  MockCluster cluster;
  KafkaLogConfig config;
  config.bootstrap_servers = cluster.servers();
  config.partitions = 1;
  config.linger = 0ms;
  config.compression = "none";
  KafkaAvailability availability(config.bootstrap_servers);
  availability.set({});
  auto producer = KafkaProducer::open(config, availability);
  ASSERT_TRUE(producer) << producer.error().detail;
  ASSERT_TRUE((*producer)->prepare());
  cluster.refuse_next_produce(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  cluster.answer_after(50ms);

  // Two of them do not fit into one request.
  std::vector<Record> records(4);
  for (auto& record : records) {
    record.key = base::Uuid::random();
    record.value.assign(600'000, 'x');
  }
  const auto sent = static_cast<std::int64_t>(records.size());
  std::promise<base::Result<Producer::Ack>> answered;
  (*producer)->append(Stream::kEvents, std::move(records),
                      [&](base::Result<Producer::Ack> ack) { answered.set_value(std::move(ack)); });
  auto answer = answered.get_future();
  ASSERT_EQ(answer.wait_for(kDeadline), std::future_status::ready);
  const auto ack = answer.get();
  ASSERT_TRUE(ack) << ack.error().detail;
  const auto end = ask_edge((*producer)->handle(), "events", PartitionId{0}, KafkaEdge::kEnd, 5s);
  ASSERT_TRUE(end) << end.error().detail;
  EXPECT_EQ(number(*end), sent);
}

}  // namespace
}  // namespace fanfinity::log
