// native/loader/offers_test.cc: copies that processes share, and what is
// offered that is no copy.
#include "loader/offers.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "archive/codec.h"
#include "base/byte_reader.h"
#include "loader/file_bundle_for_test.h"
#include "os/memfd.h"

namespace inmem::loader {
namespace {

// A child that does not have what this process loads meanwhile. It gets one
// text, and what it does not expect is its exit status.
class Child {
 public:
  explicit Child(const std::function<int(const std::string& text)>& work) {
    EXPECT_EQ(::pipe2(pipe_, O_CLOEXEC), 0);
    id_ = ::fork();
    if (id_ != 0) return;
    ::close(pipe_[1]);
    std::string text(4096, '\0');
    const ssize_t size = ::read(pipe_[0], text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    ::_exit(work(text));
  }
  int Answer(const std::string& text) {
    EXPECT_EQ(::write(pipe_[1], text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
    ::close(pipe_[1]);
    ::close(pipe_[0]);
    int status = -1;
    EXPECT_EQ(::waitpid(id_, &status, 0), id_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
  }

 private:
  int pipe_[2] = {-1, -1};
  pid_t id_ = -1;
};

class OffersTest : public testing::FileBundleTest {
 protected:
  std::string Library(const std::string& name, int answer) {
    return workshop_.Compile(
        name,
        "int data = 1; __attribute__((constructor)) static void init() { "
        "data += " +
            std::to_string(answer) + "; } int f() { return data - 1; }");
  }
  void Offer() {
    loader_.ShareCopies("", [this](const std::string& v) { value_ = v; });
  }
  // Loads it with another loader, in the child; what sharedObjects() tells.
  int LoadWith(const std::string& value,
               const std::shared_ptr<const vfs::Mount>& mount,
               const std::string& entry, LoadedObject& object) {
    Loader loader;
    loader.ShareCopies(value, nullptr);
    const auto handle = loader.Load({mount, entry}, {RTLD_NOW, ""});
    if (!handle.ok()) return -1;
    object = loader.loaded().back();
    return CallIn(handle.value(), "f");
  }

  std::string value_;
};

bool Has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST_F(OffersTest, AChildUsesItsParentsCopy) {
  const auto mount =
      MountFile("1.zip", {{"x.so", Library("x.so", 42)}}, true, 8);
  Child child([&](const std::string& value) {
    LoadedObject object;
    if (LoadWith(value, mount, "x.so", object) != 42) return 2;
    if (object.tier != Tier::kMemfd || object.copied_bytes != 0) return 3;
    const std::string from = "process " + std::to_string(::getppid());
    return object.reason == "the entry is compressed; it is the copy of " + from
               ? 0
               : 4;
  });
  Offer();
  EXPECT_EQ(Call(mount, "x.so", "f"), 42);
  EXPECT_EQ(value_, "/proc/" + std::to_string(::getpid()) +
                        value_.substr(value_.find("/fd/")));
  EXPECT_EQ(child.Answer(value_), 0);
}

TEST_F(OffersTest, OfTwoObjectsWithTheSameBytesOneIsACopy) {
  // The same bytes twice, but not the same needs: two objects, from disk too.
  const std::string need = workshop_.Compile("libn.so", "int n() { return 7; }",
                                             "-Wl,-soname,libn.so");
  const std::string user = workshop_.Compile(
      "u.so", "int n(void); int f() { return n(); }", "-L. -l:libn.so");
  const std::string other = workshop_.Compile(
      "libn2.so", "int n() { return 8; }", "-Wl,-soname,libn.so");
  const auto mount = MountFile("2.zip",
                               {{"a/u.so", user},
                                {"a/libn.so", need},
                                {"b/u.so", user},
                                {"b/libn.so", other}},
                               true, 8);
  Child child([&](const std::string& value) {
    Loader loader;
    loader.ShareCopies(value, nullptr);
    const auto a = loader.Load({mount, "a/u.so"}, {RTLD_NOW, ""});
    const auto b = loader.Load({mount, "b/u.so"}, {RTLD_NOW, ""});
    if (!a.ok() || !b.ok()) return 2;
    if (CallIn(a.value(), "f") != 7) return 3;
    return CallIn(b.value(), "f") == 8 ? 0 : 4;
  });
  Offer();
  EXPECT_EQ(Call(mount, "a/u.so", "f"), 7);
  EXPECT_EQ(Call(mount, "b/u.so", "f"), 8);
  EXPECT_EQ(child.Answer(value_), 0);
}

TEST_F(OffersTest, AnotherObjectOfThatNameIsNotTaken) {
  const auto mount =
      MountFile("3.zip", {{"x.so", Library("x.so", 1)}}, true, 8);
  const auto other =
      MountFile("4.zip", {{"x.so", Library("y.so", 2)}}, true, 8);
  Child child([&](const std::string& value) {
    LoadedObject object;
    if (LoadWith(value, other, "x.so", object) != 2) return 2;
    return object.reason == "the entry is compressed" ? 0 : 3;
  });
  Offer();
  EXPECT_EQ(Call(mount, "x.so", "f"), 1);
  EXPECT_EQ(child.Answer(value_), 0);
}

TEST_F(OffersTest, OffIsOff) {
  const auto mount =
      MountFile("5.zip", {{"x.so", Library("x.so", 5)}}, true, 8);
  bool is_offered = false;
  loader_.ShareCopies("off", [&](const std::string&) { is_offered = true; });
  EXPECT_EQ(Call(mount, "x.so", "f"), 5);
  EXPECT_FALSE(is_offered);
}

TEST_F(OffersTest, FewDescriptorsStayFree) {
  rlimit old = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &old), 0);
  rlimit few = old;
  few.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Offers offers;
  offers.Begin("", nullptr);
  EXPECT_FALSE(offers.MayAdd());
  ::setrlimit(RLIMIT_NOFILE, &old);
  EXPECT_TRUE(offers.MayAdd());
}

// What stands in the variable, and in what it names, is anybody's.
class ForgedTest : public ::testing::Test {
 protected:
  static constexpr std::string_view kObject = "the object's bytes";

  // A copy of kObject, of which "the" was made "THE", as it is offered.
  static std::string Copy() {
    const std::vector<elf::Edit> edits{{0, Bytes("THE")}};
    const auto trailer = Offers::Trailer(AsBytes(kObject), edits);
    std::string file = "THE object's bytes";
    file.resize(Offers::TrailerOffset(file.size()));
    return file.append(AsChars(trailer));
  }
  static std::vector<std::byte> Bytes(std::string_view text) {
    return {AsBytes(text).begin(), AsBytes(text).end()};
  }
  static OfferKey Key() {
    return {"x.so", kObject.size(), archive::Crc32(AsBytes(kObject))};
  }
  int Memfd(const std::string& text, bool sealed = true) {
    auto fd = os::CreateMemfd("forged");
    EXPECT_TRUE(fd.ok());
    EXPECT_TRUE(os::WriteAll(fd.value().get(), 0, AsBytes(text), "x").ok());
    if (sealed) EXPECT_TRUE(os::Seal(fd.value().get(), "x").ok());
    kept_.push_back(fd.Take());
    return kept_.back().get();
  }
  // As if another process offered that file.
  std::optional<Offered> Find(int fd) {
    std::string value;
    offering_.emplace().Begin("", [&](const std::string& v) { value = v; });
    offering_->Add(Key(), fd);
    Offers taking;
    taking.Begin(value, nullptr);
    return taking.Find(Key(), refusal_);
  }

  std::optional<Offers> offering_;
  std::string refusal_;
  std::vector<os::UniqueFd> kept_;
};

TEST_F(ForgedTest, ARealOneIsFound) {
  const auto offered = Find(Memfd(Copy()));
  ASSERT_TRUE(offered);
  EXPECT_EQ(AsChars(offered->view.bytes()), kObject);
  ASSERT_EQ(offered->edits.size(), 1U);
  EXPECT_EQ(AsChars(offered->edits[0].bytes), "THE");
  EXPECT_EQ(offered->from, "process " + std::to_string(::getpid()));
  Offers offers;
  EXPECT_TRUE(offers.MayOpen(*offered));
  EXPECT_FALSE(offers.MayOpen(*offered));
}

TEST_F(ForgedTest, WhatIsNotSealedIsRefused) {
  EXPECT_FALSE(Find(Memfd(Copy(), false)));
  EXPECT_TRUE(Has(refusal_, "is not the object")) << refusal_;
}

TEST_F(ForgedTest, OtherBytesAreRefused) {
  std::string copy = Copy();
  copy[5] ^= 1;
  EXPECT_FALSE(Find(Memfd(copy)));
}

TEST_F(ForgedTest, EveryCutAndEveryFlippedTrailerIsHarmless) {
  const std::string copy = Copy();
  for (std::size_t size = 0; size < copy.size(); ++size) {
    EXPECT_FALSE(Find(Memfd(copy.substr(0, size)))) << size;
    kept_.clear();
  }
  for (std::size_t at = kObject.size(); at < copy.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string other = copy;
      other[at] = static_cast<char>(other[at] ^ flip);
      const auto offered = Find(Memfd(other));
      if (offered) EXPECT_EQ(AsChars(offered->view.bytes()), kObject) << at;
      kept_.clear();
    }
  }
}

TEST_F(ForgedTest, ADescriptorThatIsAnotherFileNowIsNotOpened) {
  int fifo[2];
  ASSERT_EQ(::pipe(fifo), 0);
  EXPECT_FALSE(Find(fifo[0]));
  ::close(fifo[0]);
  ::close(fifo[1]);
}

TEST(OffersVariable, TellsWhyNothingCanBeHad) {
  const auto refusal = [](const std::string& value) {
    Offers offers;
    offers.Begin(value, nullptr);
    std::string text;
    EXPECT_FALSE(offers.Find({"x.so", 1, 2}, text));
    return text;
  };
  EXPECT_EQ(refusal(""), "");
  EXPECT_EQ(refusal("nonsense:/etc/passwd:/proc/self/fd/0:/proc/1/fd/"), "");
  EXPECT_EQ(refusal("/proc/999999999/fd/3"),
            "process 999999999 offers nothing: it has ended");
  const auto own = os::CreateMemfd("no index");
  ASSERT_TRUE(own.ok());
  const std::string path = "/proc/" + std::to_string(::getpid()) + "/fd/" +
                           std::to_string(own.value().get());
  EXPECT_TRUE(Has(refusal(path), "it is another one"));
}

}  // namespace
}  // namespace inmem::loader
