// A setting's default stands in config/settings.h and in the module that it configures: they must be the
// same.

#include "app/adapters.h"

#include <gtest/gtest.h>

namespace fanfinity::app {
namespace {

TEST(DefaultSettings, AreTheDefaultsOfTheServer) {
  EXPECT_TRUE(server_config({}) == http::ServerConfig{});
  EXPECT_EQ(server_config({}).max_connections, http::ServerConfig{}.max_connections);
}

TEST(DefaultSettings, AreTheDefaultsOfTheEmbeddedLog) {
  log::LocalLogConfig expected;
  expected.directory = "./data/log";
  const auto config = local_log_config({});
  EXPECT_TRUE(config == expected);
  EXPECT_EQ(config.max_queued_bytes, expected.max_queued_bytes);
  EXPECT_EQ(config.dead_max_bytes, expected.dead_max_bytes);
}

TEST(DefaultSettings, AreTheDefaultsOfKafka) {
  EXPECT_TRUE(kafka_log_config({}) == log::KafkaLogConfig{});
  EXPECT_EQ(kafka_log_config({}).max_queued_bytes, log::KafkaLogConfig{}.max_queued_bytes);
}

TEST(DefaultSettings, AreTheDefaultsOfTheConsumer) {
  config::Settings settings;
  settings.kafka.bootstrap_servers = "kafka:9092";  // The embedded log allows more inserts.
  EXPECT_TRUE(consumer_config(settings) == pipeline::ConsumerConfig{});
}

TEST(DefaultSettings, AreTheDefaultsOfStreams) {
  EXPECT_TRUE(match_streams_config({}) == api::MatchStreamsConfig{});
  EXPECT_EQ(view_cache_config({}).refresh, api::ViewCacheConfig{}.refresh);
}

TEST(DefaultSettings, AreTheDefaultsOfTheEmbeddedClickHouse) {
  store::EmbeddedClickHouseConfig expected;
  expected.directory = "./data/clickhouse";
  EXPECT_TRUE(embedded_clickhouse_config({}) == expected);
}

}  // namespace
}  // namespace fanfinity::app
