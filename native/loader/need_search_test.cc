#include <gtest/gtest.h>
TEST(need_search_test, Stub) {}
