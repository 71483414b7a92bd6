#pragma once
// A real Apache Kafka broker for tests, a child process with its data in a temporary directory. KAFKA_HOME
// names the folder whose libs/ hold its jars; without it a test fails, and says so.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace fanfinity::fakes {

class KafkaBroker {
 public:
  using Properties = std::map<std::string, std::string>;

  /// Starts and waits until it listens. `properties` are added to server.properties. Ends the test program
  /// when it cannot be started.
  explicit KafkaBroker(Properties properties = {});
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  /// One for the whole test program, started when first asked for.
  [[nodiscard]] static KafkaBroker& shared();

  [[nodiscard]] std::string servers() const;  ///< host:port
  /// kill -9.
  void kill();
  /// After kill: with the same port and data.
  void start();
  /// SIGSTOP: connections stay, nothing answers.
  void pause() const;
  void resume() const;

 private:
  void format() const;
  void wait_until_it_listens() const;

  std::filesystem::path directory_;
  std::uint16_t port_;
  std::uint16_t controller_port_;
  pid_t pid_ = -1;
};

}  // namespace fanfinity::fakes
