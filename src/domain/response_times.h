#pragma once
// Mergeable response-time histograms with a bounded relative error (DDSketch: Masson, Rim, Lee,
// VLDB 2019). A bucket index alone says which durations it holds, so counts of equal indices add up
// over servers, restarts and time, in any order.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fanfinity::domain {

/// The relative error of every percentile.
inline constexpr double kResponseTimeAccuracy = 0.005;

/// The bucket of a duration: ceil(log_gamma(microseconds)), gamma = (1 + a) / (1 - a). Durations below
/// 1 us count as 1 us, above one hour as one hour.
[[nodiscard]] std::int16_t response_time_bucket(std::chrono::nanoseconds duration);
/// The value that stands for a bucket, in milliseconds.
[[nodiscard]] double response_time_of_bucket(std::int16_t bucket);

struct ResponseTimePercentiles {  // milliseconds
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
};

class ResponseTimes {
 public:
  void add(std::chrono::nanoseconds duration);
  void add_bucket(std::int16_t bucket, std::uint64_t count);
  void merge(const ResponseTimes& other);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Empty while there is no sample. The q-quantile is the sample of rank ceil(q * count).
  [[nodiscard]] std::optional<ResponseTimePercentiles> percentiles() const;
  [[nodiscard]] const std::map<std::int16_t, std::uint64_t>& buckets() const { return buckets_; }

 private:
  std::map<std::int16_t, std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
};

/// What one server measured for one match in about a second: the value of a log record.
struct ResponseTimesRecord {
  std::string match_id;
  ResponseTimes times;
};

/// {"matchId":"m","responseTimes":[[bucket,count],...]}
void append_response_times_json(const ResponseTimesRecord& record, std::string& out);
[[nodiscard]] base::Result<ResponseTimesRecord> parse_response_times(std::string_view json);

}  // namespace fanfinity::domain
