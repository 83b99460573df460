#include <gtest/gtest.h>
TEST(elf_file_test, Stub) {}
