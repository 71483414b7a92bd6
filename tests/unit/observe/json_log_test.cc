#include "observe/json_log.h"

#include <gtest/gtest.h>

#include <new>
#include <thread>

#include "base/thread_name.h"

namespace fanfinity::observe {
namespace {

TEST(JsonLogDeathTest, SaysWhichExceptionEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        install_json_log(base::Level::kInfo);
        std::thread([] {
          base::name_this_thread("log-writer");
          throw std::bad_alloc();
        }).join();
      },
      R"("level":"error".*ends because of an exception.*"thread":"log-writer","error":"std::bad_alloc")");
}

}  // namespace
}  // namespace fanfinity::observe
