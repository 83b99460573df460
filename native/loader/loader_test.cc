#include <gtest/gtest.h>
TEST(loader_test, Stub) {}
