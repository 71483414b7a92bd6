#pragma once
// librdkafka's settings from ours.

#include <string>

#include "base/result.h"
#include "log/kafka_handle.h"
#include "log/kafka_log.h"

namespace fanfinity::log {

enum class KafkaRole {
  kProducer,
  kMember,  ///< Of a consumer group.
  kReader,  ///< Metadata, topics, watermarks, reading by position. Never joins the group whose name it has.
};

[[nodiscard]] const std::string& topic_of(const KafkaLogConfig& config, Stream stream);
[[nodiscard]] std::string group_of(const KafkaLogConfig& config, Stream stream);
[[nodiscard]] std::uint32_t partitions_of(const KafkaLogConfig& config, Stream stream);

/// `group`: of a kMember and kReader. `events` outlives the handle. kInvalid, in a sentence that names the
/// setting: a file that cannot be read, a mechanism or value that librdkafka refuses.
[[nodiscard]] base::Result<KafkaHandle> make_kafka_handle(const KafkaLogConfig& config, KafkaRole role,
                                                          const std::string& group, KafkaEvents& events);

}  // namespace fanfinity::log
