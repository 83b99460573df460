// native/interpreter/settings.h: what a Python process is told by variables of
// its environment.
//
//   INMEM_BUNDLES         bundles, in the order of sys.path; joined by ':'
//   INMEM_LOAD            how shared objects are loaded: run()'s option `load`
//   INMEM_PIN             "1": sealed copies, as its option `pin`
//   INMEM_HOST_LIBRARIES  sonames, as its `hostLibraries`; joined by ':'
//   INMEM_VERIFY          the key that bundles must be signed with: 64
//   hexadecimal
//                         digits, ":full" behind them for `verifyFull`
//   INMEM_SHARED          where ancestors offer copies of shared objects
//                         (loader/offers.h); "off": nothing is shared
//
// In lists a backslash makes the next character an ordinary one. A bundle that
// is no file of its own has a name and what to open: "POINT=FILE". Each
// variable has a twin, INMEM_PARENT_*, that a process of ours gives to its
// children (inheritance.h); it wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "interpreter/job.h"
#include "interpreter/verification.h"
#include "loader/loader.h"

namespace inmem::interpreter {

struct Settings {
  std::vector<Bundle> bundles;
  loader::Policy policy;
  std::optional<Verification> verification;
  std::string shared;
};

std::string JoinList(const std::vector<std::string>& items);
std::vector<std::string> SplitList(std::string_view text);

// How INMEM_BUNDLES spells a bundle that is opened at `file`.
std::string SpellBundle(const std::string& point, const std::string& file);

// The policy as name -> value, the names as above without "INMEM_"; defaults
// are left out.
std::vector<std::pair<std::string, std::string>> SpellPolicy(
    const loader::Policy& policy);

// Tells why Python does not start: on stderr, or to the parent where it has
// named a descriptor for that in INMEM_PARENT_OUTCOME: "!CODE message".
// Threads: before any other.
void TellFailure(const Status& status);

// The same of a program that was running; gives no second thought to what the
// parent has sent. Threads: any.
void TellEnd(const Status& status);

// Reads the variables, and takes the twins out of the environment: no program
// need see them.
// Errors: kLoadTier, kKey. Bundles are not opened here.
// Threads: before any other.
Result<Settings> TakeSettings();

// Closes the descriptors that a parent handed on for the bundles to be opened.
void CloseHandedOn(const Settings& settings);

}  // namespace inmem::interpreter
