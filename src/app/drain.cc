#include "app/drain.h"

#include <chrono>
#include <memory>
#include <utility>

#include "app/adapters.h"
#include "base/clock.h"
#include "base/log_line.h"
#include "log/kafka_log.h"
#include "observe/metrics.h"
#include "observe/pipeline_metrics.h"
#include "pipeline/consumer.h"
#include "store/clickhouse_store.h"

namespace fanfinity::app {
namespace {

using base::Status;

constexpr std::chrono::seconds kLogWait{15};
constexpr std::chrono::milliseconds kLookEvery{200};
constexpr std::chrono::seconds kTellEvery{2};

/// Says how much is left, now and then.
class Progress {
 public:
  explicit Progress(base::Clock& clock) : clock_(clock), next_(clock.steady()) {}
  void tell(const base::Result<pipeline::Backlog>& backlog) {
    if (clock_.steady() < next_) return;
    next_ = clock_.steady() + kTellEvery;
    if (!backlog) {
      base::log_line(base::Level::kWarn, "backlog not read, trying again",
                     {{"error", backlog.error().detail}});
      return;
    }
    base::log_line(base::Level::kInfo, "backlog found to be stored first",
                   {{"lag", backlog->lag}, {"retry", backlog->retry}});
  }

 private:
  base::Clock& clock_;
  base::SteadyTime next_;
};

Status wait_until_stored(const pipeline::Consumer& consumer, log::Reader& reader, base::Clock& clock) {
  Progress progress(clock);
  for (;;) {
    if (auto stopped = consumer.stopped_partition()) return *stopped;
    const auto backlog = pipeline::backlog(reader);
    if (backlog && backlog->lag == 0 && backlog->retry == 0) return {};
    progress.tell(backlog);
    clock.wait_for({}, kLookEvery);
  }
}

}  // namespace

Status drain_kafka(const config::Settings& settings, store::ClickHouseHttp& clickhouse) {
  log::KafkaLogConfig config = kafka_log_config(settings);
  config.leave_surplus = true;
  auto opened = log::KafkaLog::open(std::move(config));
  if (!opened) return opened.error();
  log::KafkaLog& kafka = **opened;
  if (auto usable = kafka.check(kLogWait, {}); !usable) return usable;
  // As every consumer at its start: the schema it needs, and nobody has agreed on another number meanwhile.
  if (auto migrated = migrate(clickhouse, settings, kafka); !migrated) return migrated;

  store::ClickHouseStore store(clickhouse, events_topic(settings));
  observe::Metrics metrics("");
  observe::PipelineMetrics observer(metrics);
  base::Clock& clock = base::system_clock();
  pipeline::Consumer consumer(consumer_config(settings), {kafka, kafka, kafka, store, clock, observer});
  consumer.start();
  auto stored = wait_until_stored(consumer, kafka, clock);
  consumer.stop(false, {});
  return stored;
}

}  // namespace fanfinity::app
