// native/os/host_probe_test.cc: the probe tells what is, and leaves nothing.
#include "os/host_probe.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "os/compile.h"
#include "os/static_tls.h"
#include "os/tiny_object.h"
#include "os/trial.h"

namespace inmem::os {
namespace {

using testing::Workshop;

TEST(TinyObject, IsLoadedAndCalled) {
  const Workshop workshop;
  for (const std::uint64_t tls : {0, 64}) {
    const std::string path = workshop.Path("tiny" + std::to_string(tls));
    std::ofstream(path, std::ios::binary) << TinyObject(tls);
    void* handle = ::dlopen(path.c_str(), RTLD_NOW);
    ASSERT_NE(handle, nullptr) << ::dlerror();
    const auto function =
        reinterpret_cast<int (*)()>(::dlsym(handle, "inmem_probe"));
    ASSERT_NE(function, nullptr);
    EXPECT_EQ(function(), kTinyAnswer);
    EXPECT_EQ(::dlsym(handle, "absent"), nullptr);
    ::dlclose(handle);
  }
}

TEST(HostProbe, TellsWhatIsAndLeavesNothing) {
  const HostProbe first = ProbeHost();
  const HostProbe host = ProbeHost();
  EXPECT_FALSE(host.kernel.empty());
  EXPECT_TRUE(host.glibc.starts_with("2.")) << host.glibc;
  EXPECT_EQ(host.page_bytes, static_cast<std::uint64_t>(::getpagesize()));
  EXPECT_TRUE(host.proc);
  EXPECT_EQ(host.memfd.create.empty(),
            host.memfd.noexec_seal.empty() || host.memfd.allow_sealing.empty());
  // What the tests of memfd need works here.
  EXPECT_EQ(host.memfd.load, "");
  EXPECT_EQ(host.memfd.seal, "");
  EXPECT_EQ(host.memfd.map_executable, "");
  EXPECT_EQ(host.tmpfs.create.empty(), host.tmpfs.load.empty());
  EXPECT_FALSE(host.places.empty());
  EXPECT_GT(host.limits.open_files_soft.value_or(1), 0U);
  EXPECT_EQ(host.limits.open_files_used, first.limits.open_files_used);
  EXPECT_EQ(host.limits.static_tls_bytes, first.limits.static_tls_bytes);
}

// What the measure says fits a real library; 16 bytes more do not.
TEST(HostProbe, MeasuresStaticTlsExactly) {
  const auto left = ProbeHost().limits.static_tls_bytes;
  ASSERT_TRUE(left.has_value());
  ASSERT_GT(*left, 64U);
  ASSERT_LT(*left, kStaticTlsLimitBytes);
  const Workshop workshop;
  const auto load = [&workshop](std::uint64_t size) {
    const std::string name = "tls" + std::to_string(size) + ".so";
    workshop.Compile(
        name, "static __thread char memory[" + std::to_string(size) +
                  "] __attribute__((tls_model(\"initial-exec\"), aligned(16)));"
                  "char *touch(void) { return memory; }");
    void* handle = ::dlopen(workshop.Path(name).c_str(), RTLD_NOW);
    if (handle != nullptr) ::dlclose(handle);
    return handle != nullptr;
  };
  EXPECT_FALSE(load(*left + 16));
  EXPECT_TRUE(load(*left));
}

TEST(StaticTls, ReadsTheTunableAsGlibcDoes) {
  ::unsetenv("GLIBC_TUNABLES");
  EXPECT_EQ(StaticTlsTunableBytes(), 512U);
  ::setenv("GLIBC_TUNABLES",
           "glibc.malloc.check=1:glibc.rtld.optional_static_tls=4096", 1);
  EXPECT_EQ(StaticTlsTunableBytes(), 4096U);
  ::setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=0x1000:x=1", 1);
  EXPECT_EQ(StaticTlsTunableBytes(), 4096U);
  ::setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=", 1);
  EXPECT_EQ(StaticTlsTunableBytes(), 512U);
  ::unsetenv("GLIBC_TUNABLES");
}

TEST(StaticTls, KnowsWhatAnObjectWants) {
  const Workshop workshop;
  std::ofstream(workshop.Path("tls"), std::ios::binary) << TinyObject(5000);
  std::ofstream(workshop.Path("none"), std::ios::binary) << TinyObject();
  std::ofstream(workshop.Path("cut"), std::ios::binary)
      << TinyObject(5000).substr(0, 100);
  EXPECT_EQ(TlsBytesOf(workshop.Path("tls")), 5000U);
  EXPECT_EQ(TlsBytesOf(workshop.Path("none")), 0U);
  EXPECT_EQ(TlsBytesOf(workshop.Path("cut")), 0U);
  EXPECT_EQ(TlsBytesOf(workshop.Path("absent")), 0U);
  const std::string name = "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=";
  EXPECT_EQ(StaticTlsRemedy(5000), name + "5632");
  EXPECT_EQ(StaticTlsRemedy(0), name + "4608");
}

TEST(Trial, TellsTheSignalAndLeavesNoChild) {
  static int seen = 0;
  int deadly = SIGKILL;
  EXPECT_EQ(SignalThatEnds([](void*) { seen = 1; }, nullptr), 0);
  EXPECT_EQ(seen, 0);  // the child has memory of its own
  EXPECT_EQ(SignalThatEnds(
                [](void* signal) {
                  ::syscall(SYS_kill, ::syscall(SYS_getpid),
                            *static_cast<int*>(signal));
                },
                &deadly),
            SIGKILL);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG | __WALL), -1);
  EXPECT_NE(EndedText(SIGSYS).find("(SIGSYS)"), std::string::npos);
}

TEST(HostProbe, SaysThatDescriptorsRanOut) {
  const pid_t child = ::fork();
  if (child == 0) {
    rlimit none = {};
    ::getrlimit(RLIMIT_NOFILE, &none);
    none.rlim_cur = 3;
    ::setrlimit(RLIMIT_NOFILE, &none);
    const HostProbe host = ProbeHost();
    const bool told =
        host.memfd.create.find("ulimit -n") != std::string::npos &&
        host.tmpfs.create.find("ulimit -n") != std::string::npos &&
        !host.limits.static_tls_bytes && host.limits.open_files_soft == 3;
    ::_exit(told ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace inmem::os
