#include "pipeline/delivery.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/burst.h"
#include "base/log_line.h"

namespace fanfinity::pipeline {

struct PendingAppend::Answer {
  std::mutex mutex;
  std::condition_variable_any came;
  std::optional<base::Result<log::Producer::Ack>> result;
};

PendingAppend::PendingAppend(log::Producer& producer, log::Stream stream, log::Record record)
    : answer_(std::make_shared<Answer>()) {
  std::vector<log::Record> records;
  records.push_back(std::move(record));
  producer.append(stream, std::move(records), [answer = answer_](base::Result<log::Producer::Ack> result) {
    {
      const std::scoped_lock lock(answer->mutex);
      answer->result.emplace(std::move(result));
    }
    answer->came.notify_one();
  });
}

base::Result<log::Producer::Ack> PendingAppend::wait(std::stop_token stop) {
  base::Burst::flush();
  std::unique_lock lock(answer_->mutex);
  const auto has_come = [this] { return answer_->result.has_value(); };
  if (!answer_->came.wait(lock, std::move(stop), has_come)) return stopped();
  return std::move(*answer_->result);
}

base::Status deliver(log::Producer& producer, log::Stream stream, const log::Record& record,
                     const Patience& patience) {
  const auto never = [](base::Errc /*code*/) { return false; };
  const auto tell = [stream](const base::Error& error, std::chrono::milliseconds delay) {
    base::log_line(
        base::Level::kWarn, "append failed, trying again",
        {{"stream", log::to_string(stream)}, {"error", error.detail}, {"next_try_ms", delay.count()}});
  };
  const auto ack = patience.repeat(
      [&] { return PendingAppend(producer, stream, record).wait(patience.stop); }, never, tell);
  return ack ? base::Status{} : base::Status{ack.error()};
}

}  // namespace fanfinity::pipeline
