// native/interpreter/settings.cc: what a Python process is told by variables of
// its environment.
#include "interpreter/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/status.h"
#include "interpreter/job.h"
#include "loader/loader.h"
#include "loader/tier.h"

namespace inmem::interpreter {
namespace {

// "" where neither the twin nor the variable is there. A twin is given only by
// a parent that found no variable, or its own.
std::string Take(std::string_view name) {
  const std::string twin = "INMEM_PARENT_" + std::string(name);
  const char* text = std::getenv(twin.c_str());
  if (text == nullptr) {
    text = std::getenv(("INMEM_" + std::string(name)).c_str());
  }
  std::string value = text != nullptr ? text : "";
  unsetenv(twin.c_str());
  return value;
}

// -1: not a number.
int Number(const std::string& digits) {
  int number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// The parent's, for the outcome; -1: it did not ask for it.
int& OutcomeDescriptor() {
  static int descriptor = -1;
  return descriptor;
}

std::string Absolute(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

Bundle ReadBundle(const std::string& item) {
  Bundle bundle;
  // No real path begins so: a '=' is the sign here, elsewhere a character.
  const bool named = item.starts_with(INMEM_BUFFER_ROOT "/");
  const std::size_t sign = named ? item.find('=') : std::string::npos;
  if (sign != std::string::npos) {
    bundle.of_parent = true;
    bundle.path = item.substr(0, sign);
    bundle.file = item.substr(sign + 1);
    return bundle;
  }
  bundle.path = Absolute(item);
  struct stat status = {};
  bundle.is_folder =
      stat(bundle.path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  return bundle;
}

}  // namespace

std::string JoinList(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    if (&item != &items.front()) text += ':';
    for (char character : item) {
      if (character == ':' || character == '\\') text += '\\';
      text += character;
    }
  }
  return text;
}

std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  auto end_item = [&] {
    if (!item.empty()) items.push_back(std::exchange(item, {}));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':') {
      end_item();
      continue;
    }
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    item += text[i];
  }
  end_item();
  return items;
}

std::string SpellBundle(const std::string& point, const std::string& file) {
  return point == file ? point : point + '=' + file;
}

std::vector<std::pair<std::string, std::string>> SpellPolicy(
    const loader::Policy& policy) {
  std::vector<std::pair<std::string, std::string>> spelled;
  if (policy.tier.wish != loader::TierChoice::Wish::kAuto) {
    spelled.emplace_back("LOAD", loader::WishName(policy.tier.wish));
  }
  if (policy.tier.pin) spelled.emplace_back("PIN", "1");
  if (!policy.host_libraries.empty()) {
    spelled.emplace_back("HOST_LIBRARIES", JoinList(policy.host_libraries));
  }
  return spelled;
}

namespace {

void TellOnStderr(const Status& status) {
  const std::string code(ErrorName(status.code()));
  std::fprintf(stderr, "inmem-python: %s: %s\n", code.c_str(),
               status.message().c_str());
}

void TellParent(const Status& status) {
  const std::string text =
      '!' + std::string(ErrorName(status.code())) + ' ' + status.message();
  if (write(OutcomeDescriptor(), text.data(), text.size()) < 0) {
    std::perror("inmem-python: the channel to the parent");
  }
}

}  // namespace

void TellFailure(const Status& status) {
  if (OutcomeDescriptor() < 0) return TellOnStderr(status);
  // What is left unread on a socket when its end closes takes with it what was
  // written.
  std::array<char, 4096> unread = {};
  while (read(OutcomeDescriptor(), unread.data(), unread.size()) > 0) {
  }
  TellParent(status);
}

void TellEnd(const Status& status) {
  struct stat channel = {};
  // The program may have put a file of its own there.
  const int descriptor = OutcomeDescriptor();
  const bool has_parent = descriptor >= 0 && fstat(descriptor, &channel) == 0 &&
                          S_ISSOCK(channel.st_mode);
  has_parent ? TellParent(status) : TellOnStderr(status);
}

Result<Settings> TakeSettings() {
  Settings settings;
  OutcomeDescriptor() = Number(Take("OUTCOME"));
  for (const std::string& item : SplitList(Take("BUNDLES"))) {
    settings.bundles.push_back(ReadBundle(item));
  }
  const std::string load = Take("LOAD");
  const std::string pin = Take("PIN");
  const std::string libraries = Take("HOST_LIBRARIES");
  settings.policy.host_libraries = SplitList(libraries);
  settings.shared = Take("SHARED");
  const std::string verify = Take("VERIFY");
  if (!verify.empty()) {
    settings.verification = ReadVerification(verify);
    if (!settings.verification) {
      return Status(ErrorCode::kKey,
                    "INMEM_VERIFY=" + verify +
                        " (expected a public key as 64 hexadecimal digits)");
    }
  }
  settings.policy.tier.pin = !pin.empty() && pin != "0";
  if (load.empty()) return settings;
  const auto wish = loader::WishOf(load);
  if (!wish) {
    return Status(ErrorCode::kLoadTier,
                  "INMEM_LOAD=" + load +
                      " (expected auto, mapped, memfd, tmpfs or extract)");
  }
  settings.policy.tier.wish = *wish;
  return settings;
}

void CloseHandedOn(const Settings& settings) {
  constexpr std::string_view kFolder = "/proc/self/fd/";
  for (const Bundle& bundle : settings.bundles) {
    if (!bundle.file.starts_with(kFolder)) continue;
    const int descriptor = Number(bundle.file.substr(kFolder.size()));
    if (descriptor > STDERR_FILENO) close(descriptor);
  }
}

}  // namespace inmem::interpreter
