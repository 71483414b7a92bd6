#include "fakes/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

namespace fanfinity::fakes {
namespace {

[[noreturn]] void give_up(const std::string& sentence) {
  static_cast<void>(std::fprintf(stderr, "The tests cannot go on: %s\n", sentence.c_str()));
  std::_Exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("no port is free");
  }
  ::close(socket);
  return ntohs(address.sin_port);
}

bool listens(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = loopback(port);
  const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

/// Runs a class of Kafka's, which dies with us.
pid_t run_java(const std::filesystem::path& directory, std::vector<std::string> arguments) {
  const char* home = std::getenv("KAFKA_HOME");
  if (home == nullptr) give_up("KAFKA_HOME does not name Apache Kafka; run them with `./dev test`");
  // A small heap and a compiler that is quick rather than thorough: it serves a few seconds.
  std::vector<std::string> command{"java",
                                   "-Xmx512m",
                                   "-XX:+UseSerialGC",
                                   "-XX:TieredStopAtLevel=1",
                                   "-cp",
                                   std::string(home) + "/libs/*"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<char*> words;
  for (auto& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  const std::string output = directory / "output";
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) std::_Exit(1);
  const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execvp(words[0], words.data());
  std::_Exit(127);
}

[[noreturn]] void give_up_showing(const std::filesystem::path& directory, const std::string& sentence) {
  std::ifstream output(directory / "output");
  std::cerr << output.rdbuf();
  give_up(sentence);
}

}  // namespace

KafkaBroker::KafkaBroker(Properties properties) : port_(free_port()), controller_port_(free_port()) {
  std::string name = (std::filesystem::temp_directory_path() / "fanfinity-kafka-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) give_up("no temporary directory can be made");
  directory_ = name;
  const std::string port = std::to_string(port_);
  const std::string controller = "127.0.0.1:" + std::to_string(controller_port_);
  Properties all{{"process.roles", "broker,controller"},
                 {"node.id", "1"},
                 {"controller.quorum.bootstrap.servers", controller},
                 {"listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://" + controller},
                 {"advertised.listeners", "PLAINTEXT://127.0.0.1:" + port},
                 {"controller.listener.names", "CONTROLLER"},
                 {"log.dirs", (directory_ / "data").string()},
                 {"auto.create.topics.enable", "false"},
                 {"offsets.topic.num.partitions", "4"},
                 {"offsets.topic.replication.factor", "1"},
                 {"group.initial.rebalance.delay.ms", "0"},
                 {"group.min.session.timeout.ms", "1000"}};
  for (auto& [key, value] : properties) all[key] = value;
  std::ofstream file(directory_ / "server.properties");
  for (const auto& [key, value] : all) file << key << '=' << value << '\n';
  file.close();
  format();
  start();
}

KafkaBroker::~KafkaBroker() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

KafkaBroker& KafkaBroker::shared() {
  static KafkaBroker broker;
  return broker;
}

std::string KafkaBroker::servers() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void KafkaBroker::format() const {
  const pid_t child =
      run_java(directory_, {"kafka.tools.StorageTool", "format", "--standalone", "--cluster-id",
                            "Zm9yLXRlc3RzLW9ubHktMQ", "--config", directory_ / "server.properties"});
  int status = 0;
  ::waitpid(child, &status, 0);
  if (status != 0) give_up_showing(directory_, "Kafka's storage cannot be formatted");
}

void KafkaBroker::start() {
  pid_ = run_java(directory_, {"kafka.Kafka", directory_ / "server.properties"});
  wait_until_it_listens();
}

void KafkaBroker::wait_until_it_listens() const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(90);
  while (!listens(port_)) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) give_up_showing(directory_, "Kafka ended at once");
    if (std::chrono::steady_clock::now() >= deadline) give_up_showing(directory_, "Kafka does not listen");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void KafkaBroker::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void KafkaBroker::pause() const {
  ::kill(pid_, SIGSTOP);
}

void KafkaBroker::resume() const {
  ::kill(pid_, SIGCONT);
}

}  // namespace fanfinity::fakes
