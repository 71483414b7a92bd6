#pragma once

namespace fanfinity::base {

/// Names the calling thread for top, ps and gdb. `name`: at most 15 bytes.
void name_this_thread(const char* name);

}  // namespace fanfinity::base
