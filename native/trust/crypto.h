// native/trust/crypto.h: the two primitives that trust stands on.
//
// Implemented above (interpreter/openssl_crypto.cc): this layer is built and
// tested without OpenSSL.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace inmem::trust {

using Digest = std::array<std::byte, 32>;
using PublicKey = std::array<std::byte, 32>;
using Signature = std::array<std::byte, 64>;

// Threads: members are called concurrently.
class Crypto {
 public:
  Crypto() = default;
  Crypto(const Crypto&) = delete;
  Crypto& operator=(const Crypto&) = delete;
  virtual ~Crypto() = default;

  virtual Digest Sha256(std::span<const std::byte> bytes) const = 0;

  // The same of what comes piece by piece. Threads: one at a time.
  class Hash {
   public:
    Hash() = default;
    Hash(const Hash&) = delete;
    Hash& operator=(const Hash&) = delete;
    virtual ~Hash() = default;
    virtual void Add(std::span<const std::byte> piece) = 0;
    virtual Digest End() = 0;  // once, last
  };
  virtual std::unique_ptr<Hash> BeginSha256() const = 0;

  // Ed25519 (RFC 8032), pure. False also where the primitive is not to be had.
  virtual bool Verifies(const PublicKey& key,
                        std::span<const std::byte> message,
                        const Signature& signature) const = 0;
};

}  // namespace inmem::trust
