#include <gtest/gtest.h>
TEST(edit_plan_test, Stub) {}
