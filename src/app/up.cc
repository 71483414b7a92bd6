// fanfinity up: everything on one machine.

#include <CLI/CLI.hpp>
#include <atomic>
#include <mutex>

#include "app/commands.h"
#include "app/service.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/version.h"
#include "base/log_line.h"
#include "observe/json_log.h"

namespace fanfinity::app {
namespace {

base::Level level_of(const std::string& name) {
  if (name == "debug") return base::Level::kDebug;
  if (name == "warn") return base::Level::kWarn;
  if (name == "error") return base::Level::kError;
  return base::Level::kInfo;
}

/// What made the service stop by itself, if anything did.
class Fatal {
 public:
  void set(const base::Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }
  [[nodiscard]] std::optional<base::Error> get() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<base::Error> error_;
};

int up(const config::LoadedSettings& loaded) {
  const config::Settings& settings = loaded.settings;
  if (!settings.kafka.bootstrap_servers.empty()) {
    complain(
        "KAFKA_BOOTSTRAP_SERVERS is set, but this version runs on the embedded log only; unset it to run on "
        "one "
        "machine.");
    return kWrongUse;
  }

  // 1. Signals first, so that every thread made later leaves them to one.
  Signals signals;
  observe::install_json_log(level_of(settings.log_level));

  // 2. The log, ClickHouse, the servers. What is wrong now is one sentence and exit code 1.
  Fatal fatal;
  Service service(settings, [&](const base::Error& error) {
    fatal.set(error);
    signals.request_stop();
  });
  if (const base::Status started = service.start(); !started) {
    complain(started.error().detail);
    return kFailed;
  }
  base::log_line(base::Level::kInfo, "listening",
                 {{"host", settings.server.host},
                  {"port", service.port()},
                  {"data_dir", settings.data_dir},
                  {"version", kVersion}});

  // 3. Until somebody says stop.
  signals.wait();

  // 4. Answer what is under way, store what was acknowledged, go.
  service.drain();
  if (const auto error = fatal.get()) {
    complain(error->detail);
    return kFailed;
  }
  base::log_line(base::Level::kInfo, "stopped");
  return kDone;
}

}  // namespace

void add_up_command(CLI::App& cli, int& exit_code) {
  CLI::App* command =
      cli.add_subcommand("up", "Run everything on this machine: API, log, consumer, ClickHouse");
  run_with_settings(*command, exit_code, &up);
}

}  // namespace fanfinity::app
