#pragma once
// One append on its way: answered when every message of it is settled.

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "log/kafka_errors.h"
#include "log/log.h"

namespace fanfinity::log {

/// Owns the values that librdkafka sends, which are not copied. Each message carries a pointer to it, whose
/// lowest bit marks the last one: no look-up, nothing allocated for a message.
struct KafkaAppend {
  KafkaAppend(Stream to, std::vector<Record> all, Producer::Done answer)
      : stream(to), records(std::move(all)), done(std::move(answer)), remaining(records.size()) {}

  [[nodiscard]] void* tag(bool is_last) { return reinterpret_cast<char*>(this) + (is_last ? 1 : 0); }
  [[nodiscard]] static std::pair<KafkaAppend*, bool> from_tag(void* tag) {
    const bool is_last = (reinterpret_cast<std::uintptr_t>(tag) & 1U) != 0;
    return {reinterpret_cast<KafkaAppend*>(static_cast<char*>(tag) - (is_last ? 1 : 0)), is_last};
  }

  void fail(rd_kafka_resp_err_t code, rd_kafka_msg_status_t status) {
    auto none = RD_KAFKA_RESP_ERR_NO_ERROR;
    error.compare_exchange_strong(none, code);
    if (status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) maybe_written = true;
  }
  /// True for whoever settles the last message, who then owns it.
  [[nodiscard]] bool settle(std::size_t count) {
    return remaining.fetch_sub(count, std::memory_order_acq_rel) == count;
  }
  void answer() {
    const auto code = error.load();
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && number(last.offset) >= 0) return done(Producer::Ack{last});
    const bool nothing = code != RD_KAFKA_RESP_ERR_NO_ERROR && !maybe_written;
    done(delivery_error(
        code, nothing ? RD_KAFKA_MSG_STATUS_NOT_PERSISTED : RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED));
  }

  const Stream stream;
  const std::vector<Record> records;
  const Producer::Done done;
  std::size_t bytes = 0;
  Position last{.offset = Offset{-1}};  ///< A broker may confirm a copy without knowing its offset.
  std::atomic<std::size_t> remaining;
  std::atomic<rd_kafka_resp_err_t> error{RD_KAFKA_RESP_ERR_NO_ERROR};
  std::atomic<bool> maybe_written{false};
};

}  // namespace fanfinity::log
