#pragma once
// The commands of the binary. Each adds itself to the command line and, when chosen, sets the exit code:
// 0 done, 1 failed, 2 wrong use.

namespace CLI {
class App;
}

namespace fanfinity::app {

void add_up_command(CLI::App& cli, int& exit_code);
void add_server_command(CLI::App& cli, int& exit_code);
void add_consumer_command(CLI::App& cli, int& exit_code);
void add_clickhouse_command(CLI::App& cli, int& exit_code);
void add_migrate_command(CLI::App& cli, int& exit_code);
void add_dead_command(CLI::App& cli, int& exit_code);
void add_replay_command(CLI::App& cli, int& exit_code);
void add_config_command(CLI::App& cli, int& exit_code);

/// Parses and runs; --help, --version and wrong use are settled here.
int run_command_line(CLI::App& cli, int argc, char** argv, int& exit_code);

}  // namespace fanfinity::app
