#include <gtest/gtest.h>
TEST(dynamic_linker_test, Stub) {}
