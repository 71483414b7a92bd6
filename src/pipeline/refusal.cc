#include "pipeline/refusal.h"

#include <algorithm>
#include <utility>

namespace fanfinity::pipeline {
namespace {

constexpr std::size_t kMaxReasonBytes = 1'000;

log::Record with_failure(const log::Record& record, const log::Position& position, std::string reason,
                         base::Timestamp now) {
  log::Record failed = record;
  if (!failed.failure) failed.failure = log::Failure{{}, {}, position};
  if (reason.size() > kMaxReasonBytes) reason.resize(kMaxReasonBytes);
  failed.failure->attempts.push_back({now, std::move(reason)});
  failed.failure->due_at = {};
  return failed;
}

std::chrono::milliseconds delay_after(std::size_t attempts, const ConsumerConfig& config) {
  auto delay = config.retry_first_delay;
  for (std::size_t i = 1; i < attempts && delay < config.retry_max_delay; ++i) delay *= 2;
  return std::min(delay, config.retry_max_delay);
}

}  // namespace

Verdict refuse(const log::Record& record, const log::Position& position, std::string reason,
               base::Timestamp now, const ConsumerConfig& config) {
  Verdict verdict{log::Stream::kRetry, with_failure(record, position, std::move(reason), now)};
  const std::size_t attempts = verdict.record.failure->attempts.size();
  if (attempts >= config.max_attempts) {
    verdict.stream = log::Stream::kDead;
  } else {
    verdict.record.failure->due_at = now + delay_after(attempts, config);
  }
  return verdict;
}

log::Record dead_letter(const log::Record& record, const log::Position& position, std::string reason,
                        base::Timestamp now) {
  return with_failure(record, position, std::move(reason), now);
}

}  // namespace fanfinity::pipeline
