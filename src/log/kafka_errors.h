#pragma once
// librdkafka's errors as sentences for people and as codes that say what to do.

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace fanfinity::log {

/// One sentence that says whether name, port, TLS, password or right is at fault. `text` is librdkafka's
/// ("host:port/id: reason (after 3ms in state CONNECT)"), or empty.
[[nodiscard]] std::string describe_kafka(rd_kafka_resp_err_t code, std::string_view text = {});

/// Whether only a person can help: credentials, certificates, rights. `text` as above.
[[nodiscard]] bool is_hopeless(rd_kafka_resp_err_t code, std::string_view text = {});

/// Of a read or a look: kUnavailable, or kNotFound for an offset that is not in the log.
[[nodiscard]] base::Error read_error(rd_kafka_resp_err_t code, std::string_view text = {});

/// Of a commit. kFenced: the coordinator says that this member is none. kUnavailable: it definitely was not
/// carried out. kUnknownOutcome: everything else.
[[nodiscard]] base::Status commit_status(rd_kafka_resp_err_t code);

/// Of an append's failed message. kUnavailable only when it was definitely not written.
[[nodiscard]] base::Error delivery_error(rd_kafka_resp_err_t code, rd_kafka_msg_status_t status);

}  // namespace fanfinity::log
