// The embedded ClickHouse in a process without sanitizers: the child of tests, and what `fanfinity
// clickhouse` becomes in a build with sanitizers, which cannot load the library.

#include "store/clickhouse_library.h"

int main() {
  return fanfinity::store::run_supervised_clickhouse();
}
