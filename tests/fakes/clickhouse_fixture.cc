#include "fakes/clickhouse_fixture.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/uuid.h"

namespace fanfinity::fakes {
namespace {

[[noreturn]] void give_up(const std::string& sentence) {
  static_cast<void>(std::fprintf(stderr, "The tests cannot go on: %s\n", sentence.c_str()));
  std::_Exit(1);
}

std::string run(store::ClickHouseHttp& http, const std::string& sql, bool in_database) {
  const bool reads = sql.starts_with("SELECT") || sql.starts_with("SHOW") || sql.starts_with("EXPLAIN");
  const store::ClickHouseQuery query{.sql = sql, .params = {}, .settings = {}, .in_database = in_database};
  if (!reads) {
    const auto done = http.execute(query);
    EXPECT_TRUE(done.ok()) << sql << ": " << (done ? "" : done.error().detail);
    return {};
  }
  auto answer = http.read(query);
  EXPECT_TRUE(answer.ok()) << sql << ": " << (answer ? "" : answer.error().detail);
  if (!answer) return {};
  std::string text = *std::move(answer);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "fanfinity-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("no temporary directory can be made");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

store::EmbeddedClickHouseConfig embedded_config(const std::filesystem::path& directory) {
  const char* library = std::getenv("LIBCHDB_PATH");
  if (library == nullptr) give_up("LIBCHDB_PATH does not name libchdb.so; run them with `./dev test`");
  store::EmbeddedClickHouseConfig config;
  config.directory = directory;
  config.library = library;
  config.memory_bytes = 1U << 30U;
  config.command = {CLICKHOUSE_HOST_PROGRAM};
  return config;
}

ClickHouseServer::ClickHouseServer() {
  auto started = store::EmbeddedClickHouse::start(embedded_config(directory_.path()));
  if (!started) give_up(started.error().detail);
  process_ = *std::move(started);
}

ClickHouseServer& ClickHouseServer::shared() {
  static ClickHouseServer server;
  return server;
}

store::ClickHouseEndpoint ClickHouseServer::endpoint(const std::string& name) const {
  store::ClickHouseEndpoint endpoint = process_->endpoint();
  endpoint.database = name;
  return endpoint;
}

std::string ClickHouseServer::query(const std::string& sql) {
  store::ClickHouseHttp http(endpoint("default"));
  return run(http, sql, false);
}

void ClickHouseServer::kill() {
  const pid_t pid = process_->pid();
  ASSERT_GT(pid, 0);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return process_->pid() != pid; }));
}

void ClickHouseServer::wait_ready() {
  ASSERT_TRUE(eventually([&] { return process_->health().ok(); }, std::chrono::seconds{60}))
      << process_->health().error().detail;
}

ClickHouseDatabase::ClickHouseDatabase(ClickHouseServer& server, const store::SchemaConfig& config)
    : server_(server) {
  // The server's user has rights on the service's database and on those that are called like it and more.
  name_ = server.process().endpoint().database + "_" + base::Uuid::random().to_string();
  for (char& c : name_) c = c == '-' ? '_' : c;
  http_ = std::make_unique<store::ClickHouseHttp>(server.endpoint(name_));
  auto migrated = store::Migrator(*http_, config).run();
  if (!migrated) give_up(migrated.error().detail);
}

ClickHouseDatabase::~ClickHouseDatabase() {
  http_.reset();
  server_.query("DROP DATABASE IF EXISTS " + name_ + " SYNC");
}

std::string ClickHouseDatabase::query(const std::string& sql) {
  return run(*http_, sql, true);
}

}  // namespace fanfinity::fakes
