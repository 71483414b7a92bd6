// The implementations that keep the contract.

#include <filesystem>
#include <random>

#include "fakes/memory_log.h"
#include "log/local_log.h"
#include "log_contract.h"

namespace fanfinity::log {
namespace {

class MemoryUnderTest final : public LogUnderTest {
 public:
  Producer& producer() override { return log_; }
  Group& group() override { return log_; }
  Reader& reader() override { return log_; }

 private:
  fakes::MemoryLog log_{kPartitions};
};

class LocalUnderTest final : public LogUnderTest {
 public:
  LocalUnderTest() : directory_(testing::TempDir() + "log-contract-" + base::Uuid::random().to_string()) {
    auto log = LocalLog::open({.directory = directory_,
                               .partitions = kPartitions,
                               .segment_bytes = 1U << 20U,
                               .max_bytes = 64U << 20U,
                               .retry_max_bytes = 8U << 20U,
                               .dead_max_bytes = 8U << 20U});
    if (!log) throw std::runtime_error(log.error().detail);
    log_ = std::move(log).value();
  }
  ~LocalUnderTest() override {
    log_.reset();
    std::filesystem::remove_all(directory_);
  }
  LocalUnderTest(const LocalUnderTest&) = delete;
  LocalUnderTest& operator=(const LocalUnderTest&) = delete;

  Producer& producer() override { return *log_; }
  Group& group() override { return *log_; }
  Reader& reader() override { return *log_; }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<LocalLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Logs, LogContract,
                         testing::Values(LogCase{"Memory",
                                                 [] { return std::make_unique<MemoryUnderTest>(); }},
                                         LogCase{"Local", [] { return std::make_unique<LocalUnderTest>(); }}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace fanfinity::log
