#include "http/answer_budget.h"

#include <gtest/gtest.h>

namespace fanfinity::http {
namespace {

TEST(AnswerBudget, EndsWhenItIsUsedUpAndComesBackWithItsHolds) {
  AnswerBudget budget(100);
  auto first = budget.hold(60, nullptr);
  ASSERT_TRUE(first);
  EXPECT_FALSE(budget.hold(41, nullptr));
  EXPECT_TRUE(budget.hold(40, nullptr)) << "what was refused is not counted";
  first.reset();
  EXPECT_TRUE(budget.hold(100, nullptr));
}

TEST(AnswerBudget, CountsABodyOnceHoweverManyWaitForIt) {
  const auto body = std::make_shared<const std::string>(60, 'a');
  AnswerBudget budget(body->capacity() + 20);
  auto first = budget.hold(10, body);
  auto second = budget.hold(10, body);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_FALSE(budget.hold(1, nullptr));
  first.reset();
  EXPECT_FALSE(budget.hold(11, nullptr)) << "the second still waits for the body";
  second.reset();
  EXPECT_TRUE(budget.hold(body->capacity() + 20, nullptr));
}

}  // namespace
}  // namespace fanfinity::http
