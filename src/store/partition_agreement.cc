#include "store/partition_agreement.h"

#include "store/row_binary.h"

namespace fanfinity::store {

using base::Errc;
using base::Error;
using base::Result;
using base::Status;

Result<std::optional<std::uint32_t>> PartitionAgreement::agreed() {
  auto answer = http_.read({.sql = "SELECT partitions FROM log_partitions WHERE topic = {topic:String} "
                                   "ORDER BY agreed_at DESC LIMIT 1 FORMAT RowBinary",
                            .params = {{"topic", topic_}},
                            .settings = {}});
  if (!answer) return answer.error();
  if (answer->empty()) return std::optional<std::uint32_t>{};
  RowBinaryReader reader(*answer);
  const auto partitions = reader.integer<std::uint32_t>();
  if (!reader.ok()) return Error{Errc::kUnavailable, "ClickHouse's answer ends within a row; ask again."};
  return std::optional(partitions);
}

Status PartitionAgreement::agree(std::uint32_t partitions) {
  auto known = agreed();
  if (known && !*known) {
    if (auto noted = change(partitions); !noted) return noted;
    known = agreed();  // Somebody else may have been quicker.
  }
  if (!known) return known.error();
  if (*known && **known == partitions) return {};
  return Error{Errc::kInvalid,
               "Topic " + topic_ + " has " + std::to_string(known->value_or(0)) +
                   " partitions by the agreement kept in database " + http_.endpoint().database + ", not " +
                   std::to_string(partitions) +
                   ": with another number an event could be stored by two consumers. Set the number of "
                   "partitions to the agreed one; docs/OPERATIONS.md says how to grow."};
}

Status PartitionAgreement::change(std::uint32_t partitions) {
  return http_.execute({.sql = "INSERT INTO log_partitions (topic, partitions) SELECT {topic:String}, "
                               "{partitions:UInt32}",
                        .params = {{"topic", topic_}, {"partitions", std::to_string(partitions)}},
                        .settings = {}});
}

}  // namespace fanfinity::store
