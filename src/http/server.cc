#include "http/server.h"

#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "http/context.h"
#include "http/descriptors.h"
#include "http/listener.h"
#include "http/worker.h"

namespace fanfinity::http {
namespace {

constexpr unsigned kMostThreadsByDefault = 8;

ServerConfig within_limits(ServerConfig config) {
  config.max_connections = connections_within_limit(config.max_connections);
  return config;
}

unsigned thread_count(const ServerConfig& config) {
  if (config.threads > 0) return config.threads;
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMostThreadsByDefault);
}

}  // namespace

struct Server::Impl {
  Impl(ServerConfig config, std::vector<Route> routes, Observer* observer)
      : context(within_limits(std::move(config)), std::move(routes), observer) {}

  Context context;
  std::vector<std::unique_ptr<Worker>> workers;
  std::uint16_t port = 0;
};

Server::Server(ServerConfig config, std::vector<Route> routes, Observer* observer)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(routes), observer)) {}

Server::~Server() {
  stop();
}

base::Status Server::start() {
  const ServerConfig& config = impl_->context.config;
  const unsigned threads = thread_count(config);
  auto listeners = config.unix_socket.empty() ? Listeners::tcp(config.host, config.port, threads)
                                              : Listeners::unix_socket(config.unix_socket, threads);
  if (!listeners.ok()) return listeners.error();
  impl_->port = listeners->port();
  try {
    for (unsigned i = 0; i < threads; ++i) {
      impl_->workers.push_back(std::make_unique<Worker>(impl_->context, OwnedDescriptor(listeners->take())));
    }
    for (const auto& worker : impl_->workers) worker->start();
  } catch (const std::system_error& error) {
    stop();
    return base::Error{base::Errc::kUnavailable,
                       std::string("The HTTP server cannot start its threads: ") + error.what() +
                           ". Raise the limits of open files (ulimit -n) and processes (ulimit -u)."};
  }
  return {};
}

std::uint16_t Server::port() const {
  return impl_->port;
}

void Server::stop() {
  stop_by(std::chrono::steady_clock::now() + impl_->context.config.drain_timeout);
}

void Server::stop_by(std::chrono::steady_clock::time_point deadline) {
  if (impl_->workers.empty()) return;
  for (const auto& worker : impl_->workers) worker->drain(deadline);
  for (const auto& worker : impl_->workers) worker->join();
  impl_->workers.clear();
  if (!impl_->context.config.unix_socket.empty()) ::unlink(impl_->context.config.unix_socket.c_str());
}

}  // namespace fanfinity::http
