// native/interpreter/verification.cc: the key that a run's bundles must be
// signed with, and what became of it.
#include "interpreter/verification.h"

#include <mutex>
#include <utility>

#include "interpreter/openssl_crypto.h"
#include "trust/manifest.h"
#include "trust/verify.h"

namespace inmem::interpreter {
namespace {

constexpr std::string_view kFull = ":full";

struct Noted {
  std::mutex mutex;
  Status change;
  std::function<void(const Status&)> tell;
};

Noted& TheNoted() {
  static auto* noted = new Noted();
  return *noted;
}

void Note(const Status& change) {
  Noted& noted = TheNoted();
  std::function<void(const Status&)> tell;
  {
    const std::lock_guard lock(noted.mutex);
    if (noted.change.ok()) noted.change = change;
    tell = noted.tell;
  }
  if (tell) tell(change);
}

}  // namespace

std::optional<Verification> ReadVerification(std::string_view text) {
  Verification verification;
  verification.full = text.ends_with(kFull);
  if (verification.full) text.remove_suffix(kFull.size());
  const auto key = trust::DigestOfHex(text);  // as long as a key
  if (!key) return std::nullopt;
  verification.key = *key;
  return verification;
}

std::string SpellVerification(const Verification& verification) {
  std::string text = trust::HexOf(verification.key);
  if (verification.full) text += kFull;
  return text;
}

Result<VerifiedArchive> VerifyArchive(const archive::Archive& archive,
                                      const Verification& verification) {
  // Until it is mounted a change is an answer of ours, none of a run's.
  auto mounted = std::make_shared<std::atomic<bool>>(false);
  auto changed = std::make_shared<std::atomic<bool>>(false);
  trust::Demand demand;
  demand.key = verification.key;
  demand.full = verification.full;
  demand.on_change = [mounted, changed](const Status& change) {
    *changed = true;
    if (*mounted) Note(change);
  };
  auto verified = trust::Verify(archive, demand, OpenSslCrypto());
  if (!verified.ok()) return verified.status();
  *mounted = true;
  return VerifiedArchive{verified.Take(), changed};
}

Status NotedChange() {
  const std::lock_guard lock(TheNoted().mutex);
  return TheNoted().change;
}

Status TakeNotedChange() {
  const std::lock_guard lock(TheNoted().mutex);
  return std::exchange(TheNoted().change, Status::Ok());
}

void OnChange(std::function<void(const Status&)> tell) {
  const std::lock_guard lock(TheNoted().mutex);
  TheNoted().tell = std::move(tell);
}

}  // namespace inmem::interpreter
