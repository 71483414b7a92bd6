#pragma once
// Why a partition stops until an operator acts: each a sentence that says what to do.

#include "base/result.h"
#include "log/log.h"

namespace fanfinity::pipeline {

[[nodiscard]] base::Error offsets_missing(log::PartitionId partition, log::Offset highest);
[[nodiscard]] base::Error offsets_reset(log::PartitionId partition, log::Offset committed,
                                        log::Offset highest);
[[nodiscard]] base::Error intent_too_old(log::PartitionId partition, log::Offset first, log::Offset end);

}  // namespace fanfinity::pipeline
