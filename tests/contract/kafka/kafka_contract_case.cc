#include "kafka_under_test.h"

namespace fanfinity::log {
namespace {

INSTANTIATE_TEST_SUITE_P(Logs, LogContract,
                         testing::Values(LogCase{"Kafka", [] { return std::make_unique<KafkaUnderTest>(); }}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace fanfinity::log
