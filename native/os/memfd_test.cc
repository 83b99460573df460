#include <gtest/gtest.h>
TEST(memfd_test, Stub) {}
