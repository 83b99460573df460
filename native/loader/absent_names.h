// native/loader/absent_names.h: names that nothing in the process defines.
// Private to the layer.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "elf/symbol_table.h"

namespace inmem::loader {

// Nearly every library refers weakly to some names that nothing defines
// (_ITM_registerTMCloneTable, __gmon_start__): ld.so would look for them
// through all that is global, once for each library. Here only what was loaded
// since is looked at.
// Threads: callers hold the loader's mutex; others may load meanwhile.
class AbsentNames {
 public:
  using Reference = elf::SymbolTable::Reference;

  // Whether no object in the process defined the name, in any version, at the
  // last LookAgain.
  bool Has(const Reference& reference) const;

  // False where some object defines it: then it may become global without
  // anything being loaded.
  bool Add(const Reference& reference);

  // Forgets what has been defined since.
  void LookAgain() { (void)IsDefined(nullptr); }

 private:
  // Looks at all objects for the name, and at new ones for all known names.
  bool IsDefined(const Reference* asked);

  // In ld.so's order, to which objects are added at the end.
  std::vector<elf::SymbolTable> objects_;
  // How often ld.so has loaded and unloaded something.
  unsigned long long loads_ = 0;
  unsigned long long unloads_ = 0;
  std::unordered_multimap<std::uint32_t, std::string> names_;  // by GNU's hash
};

}  // namespace inmem::loader
