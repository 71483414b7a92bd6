// Runs the embedded ClickHouse in the directory it is given, says "ready PID" and waits to be killed.

#include <unistd.h>

#include <cstdio>

#include "fakes/clickhouse_fixture.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto started = fanfinity::store::EmbeddedClickHouse::start(fanfinity::fakes::embedded_config(argv[1]));
  if (!started) {
    static_cast<void>(std::fprintf(stderr, "%s\n", started.error().detail.c_str()));
    return 1;
  }
  static_cast<void>(std::printf("ready %d\n", (*started)->pid()));
  static_cast<void>(std::fflush(stdout));
  for (;;) ::pause();
}
