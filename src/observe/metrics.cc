#include "observe/metrics.h"

#include <prometheus/text_serializer.h>

#include <utility>

namespace fanfinity::observe {

Metrics::Metrics(const std::string& version) : registry_(std::make_shared<prometheus::Registry>()) {
  gauge("fanfinity_build_info", "Always 1; the labels say what is running.",
        {{"version", version}, {"compiler", __VERSION__}})
      .Set(1);
}

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help,
                                      const prometheus::Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help,
                                  const prometheus::Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                                          const prometheus::Histogram::BucketBoundaries& bounds,
                                          const prometheus::Labels& labels) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds);
}

void Metrics::on_scrape(std::function<void()> sample) {
  const std::lock_guard lock(mutex_);
  samples_.push_back(std::move(sample));
}

void Metrics::stop_sampling() {
  const std::lock_guard lock(mutex_);
  samples_.clear();
}

std::string Metrics::render() {
  const std::lock_guard lock(mutex_);
  for (const auto& sample : samples_) sample();
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

const prometheus::Histogram::BucketBoundaries& latency_bounds() {
  static const prometheus::Histogram::BucketBoundaries bounds = {
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return bounds;
}

}  // namespace fanfinity::observe
