// native/loader/absent_names_test.cc: what nothing defines, until something
// does.
#include "loader/absent_names.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "os/compile.h"

namespace inmem::loader {
namespace {

class AbsentNamesTest : public ::testing::Test {
 protected:
  static AbsentNames::Reference Named(const std::string& name) {
    AbsentNames::Reference reference;
    reference.name = name;
    reference.gnu_hash = elf::GnuHash(name);
    return reference;
  }
  // Opened so that dlsym(RTLD_DEFAULT) does not find it.
  void* OpenLocally(const std::string& file, const std::string& code) {
    workshop_.Compile(file, code);
    void* handle =
        ::dlopen(workshop_.Path(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(handle, nullptr);
    return handle;
  }

  os::testing::Workshop workshop_;
  AbsentNames names_;
  const std::string first_ = "absent_names_first";
  const std::string second_ = "absent_names_second";
};

TEST_F(AbsentNamesTest, WhatIsDefinedSomewhereIsNotAbsent) {
  EXPECT_FALSE(names_.Add(Named("malloc")));
  EXPECT_FALSE(names_.Has(Named("malloc")));
  OpenLocally("local.so", "int absent_names_local() { return 1; }");
  EXPECT_FALSE(names_.Add(Named("absent_names_local")));
}

TEST_F(AbsentNamesTest, WhatIsLoadedLaterIsForgotten) {
  EXPECT_FALSE(names_.Has(Named(first_)));
  EXPECT_TRUE(names_.Add(Named(first_)));
  EXPECT_TRUE(names_.Add(Named(second_)));
  OpenLocally("other.so", "int absent_names_other() { return 1; }");
  names_.LookAgain();
  EXPECT_TRUE(names_.Has(Named(first_)));
  OpenLocally("first.so", "int absent_names_first() { return 1; }");
  names_.LookAgain();
  EXPECT_FALSE(names_.Has(Named(first_)));
  EXPECT_TRUE(names_.Has(Named(second_)));
}

// One goes and another one comes: as many as before.
TEST_F(AbsentNamesTest, AlsoWhereAnotherWasUnloaded) {
  void* handle = OpenLocally("gone.so", "int absent_names_gone;");
  const std::string name = "absent_names_third";
  EXPECT_TRUE(names_.Add(Named(name)));
  ASSERT_EQ(::dlclose(handle), 0);
  OpenLocally("third.so", "int absent_names_third() { return 3; }");
  names_.LookAgain();
  EXPECT_FALSE(names_.Has(Named(name)));
  EXPECT_FALSE(names_.Add(Named(name)));
}

}  // namespace
}  // namespace inmem::loader
