#include <gtest/gtest.h>
TEST(file_source_test, Stub) {}
