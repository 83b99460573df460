// native/interpreter/verification.h: the key that a run's bundles must be
// signed with, and what became of it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/archive.h"
#include "base/status.h"
#include "trust/crypto.h"

namespace inmem::interpreter {

struct Verification {
  trust::PublicKey key = {};
  bool full = false;  // every content is hashed before the program begins
  bool operator==(const Verification&) const = default;
};

// The public key as 64 hexadecimal digits, ":full" behind it where so; as
// INMEM_VERIFY has it. nullopt: it is not spelled so.
std::optional<Verification> ReadVerification(std::string_view text);
std::string SpellVerification(const Verification& verification);

struct VerifiedArchive {
  std::shared_ptr<const archive::Archive> archive;
  // Set when a content of it was found changed: it gives out nothing any more.
  std::shared_ptr<const std::atomic<bool>> changed;
};

// Holds the archive against its signature. The first content that is found
// changed when it is read later is noted. Errors: those of trust::Verify.
Result<VerifiedArchive> VerifyArchive(const archive::Archive& archive,
                                      const Verification& verification);

// The change that ends the run: the first that was noted since the last Take.
Status NotedChange();
Status TakeNotedChange();

// Whoever runs the program is told as soon as a change is noted, on the thread
// that reads, with or without the GIL. REQUIRES: called once, before any run.
void OnChange(std::function<void(const Status&)> tell);

}  // namespace inmem::interpreter
