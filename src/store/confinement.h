#pragma once
// Which files this process may open, enforced by the kernel (Landlock).

#include <filesystem>

namespace fanfinity::store {

/// Leaves this thread, and every thread and process that it starts, for good nothing to open but the files
/// below `directory` and, to read, what any program needs of the system: nobody's file of /home or /tmp, no
/// password of /etc, nothing of other processes. Files that are open stay so. Passwords, keys and tokens
/// vanish from this process's environment; call it before other threads read that.
/// False: the kernel has no Landlock that allows to move files between directories (Linux 5.19), or it is
/// switched off.
[[nodiscard]] bool confine_to(const std::filesystem::path& directory);

}  // namespace fanfinity::store
