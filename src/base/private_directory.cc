#include "base/private_directory.h"

namespace fanfinity::base {

namespace fs = std::filesystem;

std::error_code make_private_directory(const fs::path& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return failed;
  constexpr fs::perms kOthers = fs::perms::group_all | fs::perms::others_all;
  const bool is_private = (fs::status(path, failed).permissions() & kOthers) == fs::perms::none;
  if (!is_private) fs::permissions(path, kOthers, fs::perm_options::remove, failed);
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
    fs::permissions(path, fs::perms::group_write | fs::perms::others_write, fs::perm_options::remove, failed);
  }
  return {};  // Somebody else's directory keeps the mode that its owner gave it.
}

}  // namespace fanfinity::base
