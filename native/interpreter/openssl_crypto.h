// native/interpreter/openssl_crypto.h: SHA-256 and Ed25519 by the OpenSSL that
// Python has.
#pragma once

#include "trust/crypto.h"

namespace inmem::interpreter {

// The one instance; never destroyed. Threads: any, without the GIL.
const trust::Crypto& OpenSslCrypto();

}  // namespace inmem::interpreter
