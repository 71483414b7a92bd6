// The same consumer on the embedded log, killed and started again over the same directory.

#include "log/local_log.h"

#include <filesystem>

#include "fixture.h"
#include "mortal.h"

namespace fanfinity::pipeline {
namespace {

class OnLocalLog : public testing::Test {
 protected:
  OnLocalLog() { store_.refuse_if(is_poison); }
  ~OnLocalLog() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<log::LocalLog> open() {
    log::LocalLogConfig config;
    config.directory = directory_;
    config.partitions = 2;
    config.segment_bytes = 1U << 20U;
    config.max_bytes = 256U << 20U;
    config.retry_max_bytes = 32U << 20U;
    config.dead_max_bytes = 32U << 20U;
    auto opened = log::LocalLog::open(config);
    EXPECT_TRUE(opened.ok()) << (opened ? "" : opened.error().detail);
    return opened ? std::move(*opened) : nullptr;
  }
  void post(log::LocalLog& log, const Uuid& id, const std::string& player = "") {
    std::promise<bool> answered;
    std::vector<log::Record> records;
    records.push_back(record_of(id, now(), player));
    log.append(Stream::kEvents, std::move(records), [&](auto ack) { answered.set_value(ack.ok()); });
    ASSERT_TRUE(answered.get_future().get());
  }
  static bool settled(log::LocalLog& log) {
    const auto waiting = backlog(log);
    return waiting && waiting->lag == 0 && waiting->retry == 0;
  }
  ConsumerPorts ports(log::LocalLog& log) { return {log, log, log, store_, base::system_clock(), recorder_}; }
  void expect_counted_once(const std::vector<Uuid>& ids) {
    EXPECT_EQ(store_.raw().size(), ids.size());
    for (const Uuid& id : ids) EXPECT_EQ(store_.raw_count(id), 1U);
    EXPECT_EQ(store_.rollup_difference(), "");
  }

  const std::filesystem::path directory_ =
      std::filesystem::temp_directory_path() / ("fanfinity-pipeline-" + Uuid::random().to_string());
  MemoryStore store_;
  Recorder recorder_;
};

TEST_F(OnLocalLog, StoresRetriesAndBuries) {
  const auto log = open();
  ASSERT_TRUE(log);
  Consumer consumer(quick(), ports(*log));
  consumer.start();
  std::vector<Uuid> ids;
  for (int i = 0; i < 50; ++i) post(*log, ids.emplace_back(Uuid::random()));
  post(*log, Uuid::random(), kPoison);
  post(*log, ids.front());
  ASSERT_TRUE(eventually([&] { return settled(*log) && backlog(*log)->dead == 1; }));
  expect_counted_once(ids);
  const Timestamp acknowledged = now() + 1ms;
  EXPECT_TRUE(eventually([&] { return *as_of(*log) >= acknowledged; }));
  consumer.stop(true, 10s);
}

TEST_F(OnLocalLog, ReplaysAfterDyingAtEveryCommitAndInsert) {
  std::vector<Uuid> ids;
  for (const Call call : {Call::kCommit, Call::kInsert}) {
    for (const Fate fate : {Fate::kDieBefore, Fate::kDieAfter}) {
      for (int nth = 1; nth <= 4; ++nth) {
        const auto log = open();
        ASSERT_TRUE(log);
        std::atomic<int> seen{0};
        Life life([&](Call made) { return made == call && ++seen == nth ? fate : Fate::kLive; });
        MortalPorts mortal(life, ports(*log));
        Consumer consumer(quick(), mortal.ports());
        consumer.start();
        for (int i = 0; i < 3; ++i) {
          post(*log, ids.emplace_back(Uuid::random()));
          post(*log, ids.front());
        }
        ASSERT_TRUE(eventually([&] { return life.over() || settled(*log); }));
      }
    }
  }
  const auto log = open();
  ASSERT_TRUE(log);
  Consumer consumer(quick(), ports(*log));
  consumer.start();
  ASSERT_TRUE(eventually([&] { return settled(*log); }));
  consumer.stop(true, 10s);
  expect_counted_once(ids);
}

}  // namespace
}  // namespace fanfinity::pipeline
