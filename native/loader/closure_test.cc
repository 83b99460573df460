#include <gtest/gtest.h>
TEST(closure_test, Stub) {}
