// fanfinity migrate: brings the schema of a ClickHouse server up to date.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "app/adapters.h"
#include "app/commands.h"
#include "app/settings_flags.h"
#include "observe/json_log.h"
#include "store/clickhouse_http.h"

namespace fanfinity::app {
namespace {

int migrate_server(const config::LoadedSettings& loaded) {
  observe::install_json_log(base::Level::kInfo);
  const config::Settings& settings = loaded.settings;
  std::unique_ptr<store::EmbeddedClickHouse> embedded;
  store::ClickHouseEndpoint endpoint = clickhouse_endpoint(settings);
  if (settings.clickhouse.host.empty()) {
    auto started = store::EmbeddedClickHouse::start(embedded_clickhouse_config(settings));
    if (!started) {
      complain(started.error().detail);
      return kFailed;
    }
    embedded = std::move(*started);
    endpoint = embedded->endpoint();
  }
  store::ClickHouseHttp clickhouse(endpoint);
  if (const base::Status status = migrate(clickhouse, settings); !status) {
    complain(status.error().detail);
    return kFailed;
  }
  std::cout << "The schema of " << endpoint.database << " is up to date.\n";
  return kDone;
}

}  // namespace

void add_migrate_command(CLI::App& cli, int& exit_code) {
  CLI::App* command =
      cli.add_subcommand("migrate", "Bring ClickHouse's schema up to date (`up` does so at each start)");
  run_with_settings(*command, exit_code, &migrate_server);
}

}  // namespace fanfinity::app
