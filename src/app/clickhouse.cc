// fanfinity clickhouse: the embedded ClickHouse as a server.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "app/commands.h"
#include "app/settings_flags.h"
#include "base/private_directory.h"
#include "store/clickhouse_config.h"
#include "store/clickhouse_library.h"

namespace fanfinity::app {
namespace {

int serve(const config::LoadedSettings& loaded, const std::string& listen_host) {
  const config::ClickHouseSettings& settings = loaded.settings.clickhouse;
  const auto library = store::find_clickhouse_library(settings.library);
  if (!library) {
    complain(library.error().detail);
    return kFailed;
  }
  store::ClickHouseLibraryConfig config;
  config.library = *library;
  config.directory = std::filesystem::absolute(loaded.settings.data_dir) / "clickhouse";
  config.listen_host = listen_host;
  config.http_port = settings.port;
  config.user = settings.user;
  config.password = settings.password;
  config.database = settings.database;
  config.memory_bytes = settings.memory_bytes;
  if (const auto usable = store::encode(config); !usable) {
    complain(usable.error().detail);
    return kWrongUse;
  }
  if (auto made = base::make_data_directory(loaded.settings.data_dir); !made) {
    complain(made.error().detail);
    return kFailed;
  }
  return store::run_clickhouse_library(config);
}

}  // namespace

void add_clickhouse_command(CLI::App& cli, int& exit_code) {
  CLI::App* command = cli.add_subcommand(
      "clickhouse", "Run the embedded ClickHouse as a server on CLICKHOUSE_PORT, by itself");
  auto listen_host = std::make_shared<std::string>("127.0.0.1");
  command->add_option("--listen-host", *listen_host, "The address to listen on")->capture_default_str();
  // How `up` starts its child; not for people. What it needs comes from `up`, so that the environment, in
  // which a flag of `up` may have overruled something, is not read.
  command->add_flag_callback("--supervised", [] { std::exit(store::run_supervised_clickhouse()); })
      ->group("");
  run_with_settings(*command, exit_code, [listen_host](const config::LoadedSettings& loaded) {
    return serve(loaded, *listen_host);
  });
}

}  // namespace fanfinity::app
