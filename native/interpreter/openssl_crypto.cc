// native/interpreter/openssl_crypto.cc: SHA-256 and Ed25519 by the OpenSSL that
// Python has.
#include "interpreter/openssl_crypto.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "interpreter/late_relocations.h"

// OpenSSL's headers are not part of CPython's build output; these functions are
// its stable API.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
// struct SHA256state_st: eight words, a length of two, a block, two counts.
struct alignas(8) SHA256_CTX {
  std::uint32_t words[28];
};
int SHA256_Init(SHA256_CTX* context);
int SHA256_Update(SHA256_CTX* context, const void* data, std::size_t size);
int SHA256_Final(unsigned char* digest, SHA256_CTX* context);

struct OSSL_LIB_CTX;
struct EVP_PKEY;
struct EVP_MD_CTX;
OSSL_LIB_CTX* OSSL_LIB_CTX_new();
EVP_PKEY* EVP_PKEY_new_raw_public_key_ex(OSSL_LIB_CTX* library,
                                         const char* type,
                                         const char* properties,
                                         const unsigned char* key,
                                         std::size_t size);
void EVP_PKEY_free(EVP_PKEY* key);
EVP_MD_CTX* EVP_MD_CTX_new();
void EVP_MD_CTX_free(EVP_MD_CTX* context);
int EVP_DigestVerifyInit_ex(EVP_MD_CTX* context, void** key_context,
                            const char* digest, OSSL_LIB_CTX* library,
                            const char* properties, EVP_PKEY* key,
                            const void* parameters);
int EVP_DigestVerify(EVP_MD_CTX* context, const unsigned char* signature,
                     std::size_t signature_size, const unsigned char* message,
                     std::size_t message_size);
void ERR_clear_error();
}
// NOLINTEND(readability-identifier-naming)

namespace inmem::interpreter {
namespace {

const unsigned char* Chars(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// One of our own: what openssl.cnf says holds for the default one, not for it.
// The file is read all the same, when OpenSSL begins: sooner than by Python's
// `ssl`, so OPENSSL_CONF must be set before a verified run.
OSSL_LIB_CTX* Library() {
  static OSSL_LIB_CTX* library = [] {
    return ApplyLateRelocations() ? OSSL_LIB_CTX_new() : nullptr;
  }();
  return library;
}

// The functions without a provider: nothing has to be fetched or allocated, and
// they are relocated at the start as all code is.
class Sha256Hash final : public trust::Crypto::Hash {
 public:
  Sha256Hash() { SHA256_Init(&context_); }
  void Add(std::span<const std::byte> piece) override {
    SHA256_Update(&context_, piece.data(), piece.size());
  }
  trust::Digest End() override {
    trust::Digest digest;
    SHA256_Final(reinterpret_cast<unsigned char*>(digest.data()), &context_);
    return digest;
  }

 private:
  SHA256_CTX context_;
};

class OpenSsl final : public trust::Crypto {
 public:
  trust::Digest Sha256(std::span<const std::byte> bytes) const override {
    Sha256Hash hash;
    hash.Add(bytes);
    return hash.End();
  }
  std::unique_ptr<Hash> BeginSha256() const override {
    return std::make_unique<Sha256Hash>();
  }

  bool Verifies(const trust::PublicKey& key, std::span<const std::byte> message,
                const trust::Signature& signature) const override {
    OSSL_LIB_CTX* library = Library();
    if (library == nullptr) return false;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> made(
        EVP_PKEY_new_raw_public_key_ex(library, "ED25519", nullptr, Chars(key),
                                       key.size()),
        EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(
        EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const bool verifies =
        made && context &&
        EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, library,
                                nullptr, made.get(), nullptr) == 1 &&
        EVP_DigestVerify(context.get(), Chars(signature), signature.size(),
                         Chars(message), message.size()) == 1;
    ERR_clear_error();  // this thread's list is the next caller's, too
    return verifies;
  }
};

}  // namespace

const trust::Crypto& OpenSslCrypto() {
  static const auto& crypto = *new OpenSsl();
  return crypto;
}

}  // namespace inmem::interpreter
