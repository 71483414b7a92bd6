// fanfinity: the subcommands.

#include <CLI/CLI.hpp>

#include "app/commands.h"

int main(int argc, char** argv) {
  CLI::App cli{"Real-time fan-engagement analytics for live football."};
  int exit_code = 0;
  fanfinity::app::add_up_command(cli, exit_code);
  fanfinity::app::add_server_command(cli, exit_code);
  fanfinity::app::add_consumer_command(cli, exit_code);
  fanfinity::app::add_clickhouse_command(cli, exit_code);
  fanfinity::app::add_migrate_command(cli, exit_code);
  fanfinity::app::add_dead_command(cli, exit_code);
  fanfinity::app::add_replay_command(cli, exit_code);
  fanfinity::app::add_config_command(cli, exit_code);
  return fanfinity::app::run_command_line(cli, argc, argv, exit_code);
}
