// native/os/compile.h: real shared objects for tests, by the system's cc.
//
// Test only. Used by the tests of os and loader.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace inmem::os::testing {

// A folder of its own for each test program, removed at its end.
class Workshop {
 public:
  Workshop() {
    std::string pattern = ::testing::TempDir() + "/inmem-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Workshop() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  std::string Path(const std::string& name) const { return folder_ / name; }

  // Compiles C code into the shared object `name` in the folder; `arguments`
  // go to cc behind it (libraries of the folder: "-L. -l:libb.so").
  // Gives its bytes.
  std::string Compile(const std::string& name, const std::string& code,
                      const std::string& arguments = "") const {
    return CompileWith("cc", name, name + ".c", code, arguments);
  }
  // The same for C++, with its runtime.
  std::string CompileCxx(const std::string& name, const std::string& code,
                         const std::string& arguments = "") const {
    return CompileWith("c++", name, name + ".cc", code, arguments);
  }

  std::string Bytes(const std::string& name) const {
    std::ifstream stream(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::string CompileWith(const std::string& compiler, const std::string& name,
                          const std::string& source, const std::string& code,
                          const std::string& arguments) const {
    std::ofstream(folder_ / source) << code;
    const std::string command = "cd '" + folder_.string() + "' && " + compiler +
                                " -w -shared -fPIC -o '" + name + "' '" +
                                source + "' " + arguments;
    // NOLINTNEXTLINE(bugprone-command-processor): a test, on fixed words
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    return Bytes(name);
  }

  std::filesystem::path folder_;
};

}  // namespace inmem::os::testing
