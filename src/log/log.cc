#include "log/log.h"

namespace fanfinity::log {

std::string_view to_string(Stream stream) {
  switch (stream) {
    case Stream::kEvents:
      return "events";
    case Stream::kRetry:
      return "retry";
    case Stream::kDead:
      return "dead";
  }
  return "?";
}

}  // namespace fanfinity::log
