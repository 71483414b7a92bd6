#include "app/log_side.h"

#include "app/adapters.h"
#include "app/log_gauges.h"
#include "base/private_directory.h"
#include "log/kafka_log.h"
#include "log/local_log.h"

namespace fanfinity::app {
namespace {

class LocalSide final : public LogSide {
 public:
  LocalSide(std::unique_ptr<log::LocalLog> log, observe::Metrics& metrics)
      : log_(std::move(log)), gauges_(metrics) {}
  log::Producer& producer() override { return *log_; }
  log::Group& group() override { return *log_; }
  log::Reader& reader() override { return *log_; }
  [[nodiscard]] std::string_view name() const override { return "log"; }
  base::Status wait_usable(std::chrono::milliseconds /*wait*/, const std::stop_token& /*stop*/) override {
    return {};
  }
  void sample() override { gauges_.sample(*log_); }

 private:
  std::unique_ptr<log::LocalLog> log_;
  LocalLogGauges gauges_;
};

class KafkaSide final : public LogSide {
 public:
  KafkaSide(std::unique_ptr<log::KafkaLog> log, observe::Metrics& metrics)
      : log_(std::move(log)), gauges_(metrics) {}
  log::Producer& producer() override { return *log_; }
  log::Group& group() override { return *log_; }
  log::Reader& reader() override { return *log_; }
  [[nodiscard]] std::string_view name() const override { return "kafka"; }
  base::Status wait_usable(std::chrono::milliseconds wait, const std::stop_token& stop) override {
    return log_->check(wait, stop);
  }
  void sample() override { gauges_.sample(*log_); }

 private:
  std::unique_ptr<log::KafkaLog> log_;
  KafkaLogGauges gauges_;
};

}  // namespace

base::Result<std::unique_ptr<LogSide>> LogSide::open(const config::Settings& settings,
                                                     observe::Metrics& metrics, const std::stop_token& stop) {
  if (!settings.kafka.bootstrap_servers.empty()) {
    auto kafka = log::KafkaLog::open(kafka_log_config(settings));
    if (!kafka) return kafka.error();
    return std::unique_ptr<LogSide>(std::make_unique<KafkaSide>(std::move(*kafka), metrics));
  }
  if (auto made = base::make_data_directory(settings.data_dir); !made) return made.error();
  log::LocalLogConfig config = local_log_config(settings);
  config.stop = stop;
  auto local = log::LocalLog::open(config);
  if (!local) return local.error();
  return std::unique_ptr<LogSide>(std::make_unique<LocalSide>(std::move(*local), metrics));
}

}  // namespace fanfinity::app
