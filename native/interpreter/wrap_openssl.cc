// native/interpreter/wrap_openssl.cc: where this system keeps its certificates.
//
// The addon is linked with --wrap of OpenSSL's two compiled-in defaults, which
// both ssl.get_default_verify_paths() and the verification itself ask. OpenSSL
// reads SSL_CERT_FILE and SSL_CERT_DIR before.
#include <unistd.h>

#include <array>

extern "C" {

const char* __wrap_X509_get_default_cert_file() {
  // Alpine and OpenSSL's own default; Red Hat; SUSE. Debian has only the
  // folder.
  static constexpr std::array kFiles = {
      "/etc/ssl/cert.pem", "/etc/pki/tls/cert.pem",
      "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"};
  for (const char* file : kFiles) {
    if (access(file, R_OK) == 0) return file;
  }
  return kFiles.front();
}

const char* __wrap_X509_get_default_cert_dir() {
  static constexpr std::array kFolders = {"/etc/ssl/certs",
                                          "/etc/pki/tls/certs"};
  for (const char* folder : kFolders) {
    if (access(folder, R_OK) == 0) return folder;
  }
  return kFolders.front();
}

}  // extern "C"
