#include "base/private_directory.h"

namespace fanfinity::base {

namespace fs = std::filesystem;

namespace {

// Somebody else's directory keeps the mode that its owner gave it.
void take_from_others(const fs::path& path, fs::perms rights) {
  std::error_code not_ours;
  fs::permissions(path, rights, fs::perm_options::remove, not_ours);
}

}  // namespace

std::error_code make_private_directory(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (!failed) take_from_others(path, fs::perms::group_all | fs::perms::others_all);
  return failed;
}

Status make_data_directory(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) {
    return Error{
        Errc::kUnavailable,
        "The data directory " + path.string() + " cannot be made (" + failed.message() +
            "): choose another with FANFINITY_DATA_DIR, or give this user the right to write there."};
  }
  const fs::perms mode = fs::status(path, failed).permissions();
  // In a directory like /tmp names belong to those who made them.
  if ((mode & fs::perms::sticky_bit) == fs::perms::none) {
    take_from_others(path, fs::perms::group_write | fs::perms::others_write);
  }
  return {};
}

}  // namespace fanfinity::base
