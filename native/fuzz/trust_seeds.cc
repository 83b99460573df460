// native/fuzz/trust_seeds.cc: signed bundles and their parts; the first byte
// tells which (trust_fuzz.cc).
#include "seeds.h"
#include "trust/toy_bundle.h"

namespace inmem::fuzz {

using trust::testing::Contents;
using trust::testing::Own;
using trust::testing::SignedManifest;
using trust::testing::ToyKey;
using trust::testing::ZipEntry;
using trust::testing::ZipOptions;
using trust::testing::ZipWithManifest;

std::vector<std::string> TrustSeeds() {
  const std::vector<ZipEntry> small = {Own("__main__.py", "print(1)\n"),
                                       Own("z", "")};
  ZipOptions prefixed;
  prefixed.prefix = "#!/usr/bin/env -S inmem-python run\n";
  ZipOptions zip64;
  zip64.zip64 = true;
  std::vector<std::string> seeds;
  for (const ZipOptions& options : {ZipOptions(), prefixed, zip64}) {
    seeds.push_back('a' + ZipWithManifest(small, ToyKey(),
                                          SignedManifest(small, options),
                                          options));
  }
  const std::string manifest = SignedManifest(Contents());
  seeds.push_back('b' + manifest);
  seeds.push_back('m' + manifest);
  seeds.push_back('s' + trust::testing::SignatureText(ToyKey(), manifest));
  for (const char* json :
       {R"({"a":[1,-2.5e+3,0,{"b":[true,false,null,""]}],"c":"\u00e9\n"})",
        R"("\ud83d\ude00")", "[[[[[[[[]]]]]]]]", "-0.0E-1", " {} "}) {
    seeds.push_back('j' + std::string(json));
  }
  return seeds;
}

}  // namespace inmem::fuzz
