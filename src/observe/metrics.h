#pragma once
// The process's metrics: one prometheus-cpp registry, rendered for GET /metrics. Each observer of a
// module registers its families here (http_metrics, api_metrics, pipeline_metrics, measured_*).

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fanfinity::observe {

class Metrics {
 public:
  explicit Metrics(const std::string& version);

  [[nodiscard]] prometheus::Registry& registry() { return *registry_; }
  [[nodiscard]] prometheus::Counter& counter(const std::string& name, const std::string& help,
                                             const prometheus::Labels& labels = {});
  [[nodiscard]] prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                                         const prometheus::Labels& labels = {});
  [[nodiscard]] prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                                 const prometheus::Histogram::BucketBoundaries& bounds,
                                                 const prometheus::Labels& labels = {});
  /// `sample` runs before each rendering; it sets gauges from state that others keep. It must stay
  /// callable until `stop_sampling`.
  void on_scrape(std::function<void()> sample);
  void stop_sampling();
  /// Prometheus text format 0.0.4.
  [[nodiscard]] std::string render();

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  std::mutex mutex_;
  std::vector<std::function<void()>> samples_;
};

/// Seconds: from a tenth of a millisecond to ten seconds.
[[nodiscard]] const prometheus::Histogram::BucketBoundaries& latency_bounds();

}  // namespace fanfinity::observe
