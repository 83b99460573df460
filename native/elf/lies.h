// native/elf/lies.h: crafted files, each with one thing that is not so.
//
// Test only.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "elf/elf_file.h"
#include "elf/elf_image.h"

namespace inmem::elf::testing {

struct Lie {
  const char* name;
  ErrorCode code;
  const char* found;  // a part of the message
  std::function<void(ElfImage&)> tell;
};

inline std::string LieName(const ::testing::TestParamInfo<Lie>& info) {
  return info.param.name;
}

inline Result<ElfFile> Parse(ElfImage& image,
                             std::uint16_t machine = EM_X86_64) {
  return ElfFile::Parse(image.bytes(), "app.pyz!/x.so", machine);
}

inline void ExpectLie(const Status& status, const Lie& lie) {
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.code(), lie.code);
  const std::string& message = status.message();
  EXPECT_TRUE(message.starts_with("app.pyz!/x.so: ")) << message;
  EXPECT_NE(message.find(lie.found), std::string::npos) << message;
  EXPECT_NE(message.find("(expected "), std::string::npos) << message;
}

}  // namespace inmem::elf::testing
