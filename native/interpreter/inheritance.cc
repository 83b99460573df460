// native/interpreter/inheritance.cc: what Python children get of this process.
#include "interpreter/inheritance.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "interpreter/python_thread.h"
#include "interpreter/settings.h"
#include "interpreter/verification.h"
#include "loader/loader.h"
#include "os/fork_mutex.h"

namespace inmem::interpreter {
namespace {

// NAME=value in its spellings. `twin_here` names descriptors that the child has
// inherited, `twin` and `plain` those of this process.
struct Variable {
  std::string plain;
  std::string twin;
  std::string twin_here;
  std::string before;  // as it stands in the environment, by no wish of ours
  std::size_t plain_name_bytes = 0;  // with the '='
  bool operator==(const Variable&) const = default;
};

struct File {
  int descriptor;
  std::string path;  // by which another process opens it
  dev_t device;
  ino_t inode;
  bool operator==(const File&) const = default;
};

}  // namespace

struct Inheritance {
  std::vector<Variable> variables;
  std::vector<File> files;     // handed on
  std::vector<File> archives;  // all
  std::string launcher;
  bool operator==(const Inheritance&) const = default;
};

namespace {

// Replaced, never freed: a child that shares this memory until its exec may be
// reading it. Publish() makes none twice.
std::atomic<const Inheritance*>& Current() {
  static std::atomic<const Inheritance*> current = nullptr;
  return current;
}

// What SetInheritance was last given.
struct Inputs {
  std::vector<InheritedBundle> bundles;
  loader::Policy policy;
  std::optional<Verification> verification;
};

Inputs& Given() {
  static auto* given = new Inputs();
  return *given;
}

// Guards what the next one is made from, and all that were made.
os::ForkMutex& SettingMutex() {
  static auto& mutex = *new os::ForkMutex;
  return mutex;
}

std::string& SharedCopies() {
  static auto& value = *new std::string;
  return value;
}

std::string DescriptorPath(const std::string& process, int descriptor) {
  return "/proc/" + process + "/fd/" + std::to_string(descriptor);
}

Variable Spell(std::string_view name, const std::string& value,
               const std::string& value_here) {
  Variable variable;
  variable.plain = "INMEM_" + std::string(name) + '=';
  variable.plain_name_bytes = variable.plain.size();
  variable.plain += value;
  const std::string own =
      variable.plain.substr(0, variable.plain_name_bytes - 1);
  if (const char* text = std::getenv(own.c_str())) {
    variable.before = own + '=' + text;
  }
  const std::string twin = "INMEM_PARENT_" + std::string(name) + '=';
  variable.twin = twin + value;
  variable.twin_here = twin + value_here;
  return variable;
}

Variable SpellBundles(const std::vector<InheritedBundle>& bundles,
                      Inheritance* inheritance) {
  std::vector<std::string> items;
  std::vector<std::string> items_here;
  for (const InheritedBundle& bundle : bundles) {
    std::string file = bundle.in_memory ? "" : bundle.point;
    std::string file_here = file;
    struct stat status = {};
    if (fstat(bundle.descriptor, &status) == 0) {
      const File opened = {
          bundle.descriptor,
          DescriptorPath(std::to_string(getpid()), bundle.descriptor),
          status.st_dev, status.st_ino};
      inheritance->archives.push_back(opened);
      if (bundle.in_memory) {
        file = opened.path;
        file_here = DescriptorPath("self", bundle.descriptor);
        inheritance->files.push_back(opened);
      }
    }
    items.push_back(SpellBundle(bundle.point, file));
    items_here.push_back(SpellBundle(bundle.point, file_here));
  }
  return Spell("BUNDLES", JoinList(items), JoinList(items_here));
}

bool IsLauncher(const Inheritance& inheritance, const char* program) {
  if (inheritance.launcher == program) return true;
  struct stat status = {};  // a link to it, perhaps
  struct stat launcher = {};
  return stat(program, &status) == 0 &&
         stat(inheritance.launcher.c_str(), &launcher) == 0 &&
         status.st_ino == launcher.st_ino && status.st_dev == launcher.st_dev;
}

bool IsOpen(const File& file, int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 && status.st_dev == file.device &&
         status.st_ino == file.inode;
}

// What starts children may have closed it: then the parent's is opened once
// more, under the same number.
bool Reopen(const File& file) {
  if (IsOpen(file, file.descriptor)) return true;
  if (fcntl(file.descriptor, F_GETFD) >= 0) return false;  // another's by now
  const int again = open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (again < 0) return false;
  const bool same = IsOpen(file, again);
  if (again == file.descriptor) return same;
  if (same) dup3(again, file.descriptor, O_CLOEXEC);
  close(again);
  return same;
}

// Leaves the file open under its number across exec.
bool HandOn(const File& file) {
  return Reopen(file) && fcntl(file.descriptor, F_SETFD, 0) == 0;
}

bool HandOnAll(const Inheritance& inheritance) {
  bool all = true;
  for (const File& file : inheritance.files) all = HandOn(file) && all;
  return all;
}

// Whether the program has not set it: it is as this process gave it to its
// program, or as it was before.
bool IsNoWish(const Variable& variable, const char* pair) {
  return variable.plain == pair || variable.before == pair;
}

// The variable's place in the environment; null where it is not there.
char** FindIn(char** environment, const Variable& variable) {
  for (; *environment != nullptr; ++environment) {
    if (std::strncmp(*environment, variable.plain.c_str(),
                     variable.plain_name_bytes) == 0) {
      return environment;
    }
  }
  return nullptr;
}

std::unique_ptr<Inheritance> MakeInheritance() {
  auto made = std::make_unique<Inheritance>();
  made->launcher = LauncherPath();
  return made;
}

// A program that mounts and unmounts comes back to what there was: the memory
// grows with how many differ, not with how often it does. REQUIRES: the mutex.
void Publish(std::unique_ptr<const Inheritance> made) {
  static auto& all = *new std::vector<std::unique_ptr<const Inheritance>>;
  const auto known = std::ranges::find_if(
      all, [&](const auto& other) { return *other == *made; });
  if (known != all.end()) {
    Current() = known->get();
    return;
  }
  Current() = made.get();
  all.push_back(std::move(made));
}

void AddSharedCopies(Inheritance* inheritance) {
  const std::string& value = SharedCopies();
  if (value.empty()) return;
  inheritance->variables.push_back(Spell("SHARED", value, value));
}

// From what is given now. REQUIRES: the mutex.
void PublishGiven() {
  const auto& [bundles, policy, verification] = Given();
  auto made = MakeInheritance();
  if (!bundles.empty()) {
    made->variables.push_back(SpellBundles(bundles, made.get()));
  }
  for (const auto& [name, value] : SpellPolicy(policy)) {
    made->variables.push_back(Spell(name, value, value));
  }
  if (verification) {
    // Not `full`: the parent has hashed everything once, and what a child reads
    // is checked as it reads it.
    const std::string key = SpellVerification({.key = verification->key});
    made->variables.push_back(Spell("VERIFY", key, key));
  }
  AddSharedCopies(made.get());
  Publish(std::move(made));
}

// REQUIRES: the mutex.
void TakeOutGiven(const std::string& point) {
  std::erase_if(Given().bundles, [&](const InheritedBundle& bundle) {
    return bundle.point == point;
  });
}

}  // namespace

void SetInheritance(const std::vector<InheritedBundle>& bundles,
                    const loader::Policy& policy,
                    const std::optional<Verification>& verification) {
  const std::lock_guard lock(SettingMutex());
  Given() = {bundles, policy, verification};
  PublishGiven();
}

void SetSharedCopies(std::string_view value) {
  const std::lock_guard lock(SettingMutex());
  SharedCopies() = value;
  const Inheritance* before = Current();
  auto made = before != nullptr ? std::make_unique<Inheritance>(*before)
                                : MakeInheritance();
  std::erase_if(made->variables, [](const Variable& variable) {
    return variable.plain.starts_with("INMEM_SHARED=");
  });
  AddSharedCopies(made.get());
  Publish(std::move(made));
}

void AddInherited(const InheritedBundle& bundle) {
  const std::lock_guard lock(SettingMutex());
  TakeOutGiven(bundle.point);
  Given().bundles.push_back(bundle);
  PublishGiven();
}

void RemoveInherited(const std::string& point) {
  const std::lock_guard lock(SettingMutex());
  TakeOutGiven(point);
  PublishGiven();
}

std::vector<std::string> InheritedVariables() {
  std::vector<std::string> texts;
  if (const Inheritance* inheritance = Current()) {
    for (const Variable& variable : inheritance->variables) {
      texts.push_back(variable.plain);
    }
  }
  return texts;
}

std::vector<std::string> MissingVariables() {
  std::vector<std::string> texts;
  const Inheritance* inheritance = Current();
  if (inheritance == nullptr) return texts;
  for (const Variable& variable : inheritance->variables) {
    char** there = FindIn(environ, variable);
    if (there == nullptr || variable.before == *there) {
      texts.push_back(variable.plain);
    }
  }
  return texts;
}

void ReopenBundles() {
  const Inheritance* inheritance = Current();
  if (inheritance == nullptr) return;
  for (const File& file : inheritance->archives) Reopen(file);
}

void RenewVariables() {
  for (const std::string& text : InheritedVariables()) {
    const std::size_t sign = text.find('=');
    const std::string name = text.substr(0, sign);
    if (std::getenv(name.c_str()) == nullptr) continue;
    setenv(name.c_str(), text.c_str() + sign + 1, 1);
  }
}

ChildEnvironment::ChildEnvironment(Call call, const char* program,
                                   char* const* environment)
    : inheritance_(Current()), environment_(environment) {
  const Inheritance* inheritance = inheritance_;
  if (inheritance == nullptr || program == nullptr || environment == nullptr) {
    return;
  }
  for_launcher_ = IsLauncher(*inheritance, program);
  if (!for_launcher_ && environment != environ) return;
  if (inheritance->variables.empty()) return;
  handed_on_ = for_launcher_ && call == Call::kExec && HandOnAll(*inheritance);
  while (environment[room_] != nullptr) ++room_;
  room_ += 2 * inheritance->variables.size() + 1;
}

ChildEnvironment::~ChildEnvironment() {
  if (!handed_on_) return;
  for (const File& file : inheritance_->files) {
    fcntl(file.descriptor, F_SETFD, FD_CLOEXEC);
  }
}

char** ChildEnvironment::Fill(char** pointers) const {
  const Inheritance& inheritance = *inheritance_;
  char** next = pointers;
  // No more than were counted: another thread may have set one meanwhile.
  std::size_t left = room_ - 2 * inheritance.variables.size() - 1;
  for (char* const* pair = environment_; *pair != nullptr && left > 0; ++pair) {
    *next++ = *pair;
    --left;
  }
  char** end = next;
  for (const Variable& variable : inheritance.variables) {
    *end = nullptr;
    char** there = FindIn(pointers, variable);
    if (there != nullptr && !IsNoWish(variable, *there)) continue;
    if (environment_ == environ) {
      *(there != nullptr ? there : end++) =
          const_cast<char*>(variable.plain.c_str());
    }
    if (for_launcher_) {
      const std::string& twin = handed_on_ ? variable.twin_here : variable.twin;
      *end++ = const_cast<char*>(twin.c_str());
    }
  }
  *end = nullptr;
  return pointers;
}

}  // namespace inmem::interpreter
