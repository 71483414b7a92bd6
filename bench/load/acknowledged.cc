#include "bench/load/acknowledged.h"

#include <utility>

#include "bench/load/sockets.h"

namespace fanfinity::bench {

static_assert(sizeof(base::Uuid) == 16);

base::Status AcknowledgedFile::create(const std::string& path) {
  file_ = std::fopen(path.c_str(), "wb");
  if (file_ == nullptr) return system_error("The file of --acknowledged could not be made");
  return {};
}

AcknowledgedFile::~AcknowledgedFile() {
  if (file_ != nullptr) (void)std::fclose(file_);
}

void AcknowledgedFile::add(const std::vector<base::Uuid>& ids) {
  const std::lock_guard lock(mutex_);
  if (std::fwrite(ids.data(), sizeof(base::Uuid), ids.size(), file_) != ids.size()) failed_ = true;
}

base::Status AcknowledgedFile::close() {
  if (std::fclose(std::exchange(file_, nullptr)) != 0) failed_ = true;
  if (failed_) return system_error("The file of --acknowledged was not written to its end");
  return {};
}

}  // namespace fanfinity::bench
