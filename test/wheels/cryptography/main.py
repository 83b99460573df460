# test/wheels/cryptography/main.py: RSA, AES-GCM and X.509 by the wheel's own OpenSSL
import datetime
import hashlib
import json

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError


def rsa_facts() -> dict:
    key = rsa.generate_private_key(65537, 2048)
    message = b"in memory" * 100
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = key.sign(message, pss, hashes.SHA256())
    key.public_key().verify(signature, message, pss, hashes.SHA256())
    try:
        key.public_key().verify(signature, message + b"!", pss, hashes.SHA256())
        refused = False
    except InvalidSignature:
        refused = True
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303
    secret = key.public_key().encrypt(b"a secret", oaep)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    again = serialization.load_pem_private_key(pem, b"password")
    return {
        "bits": key.key_size,
        "signature": len(signature),
        "refused": refused,
        "decrypted": again.decrypt(secret, oaep).decode(),
    }


def cipher_facts() -> dict:
    # Test case 4 of the GCM specification (McGrew and Viega).
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308")
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    data = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = AESGCM(key).encrypt(nonce, plain, data)
    assert sealed[-16:].hex() == "5bc94fbc3221a5db94fae95ae7121a47"
    assert AESGCM(key).decrypt(nonce, sealed, data) == plain
    broken = False
    try:
        AESGCM(key).decrypt(nonce, sealed[:-1] + b"\0", data)
    except InvalidTag:
        broken = True
    chacha = ChaCha20Poly1305(bytes(range(32))).encrypt(bytes(12), b"x" * 100_000, None)
    return {
        "tag": sealed[-16:].hex(),
        "broken": broken,
        "chacha": hashlib.sha256(chacha).hexdigest(),
    }


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def certificate_facts() -> dict:
    # Ed25519 signs the same bytes with the same bits: the certificate is the same each time.
    root_key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    leaf_key = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

    def builder(subject: str, key: object, serial: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("root"))
            .public_key(key)
            .serial_number(serial)
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=365))
        )

    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    root = (
        builder("root", root_key.public_key(), 1)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, None)
    )
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    leaf = (
        builder("leaf", leaf_key.public_key(), 2)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("example.test")]), critical=False)
        .add_extension(identifier, critical=False)
        .sign(root_key, None)
    )
    leaf.verify_directly_issued_by(root)
    parsed = x509.load_pem_x509_certificate(leaf.public_bytes(serialization.Encoding.PEM))
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    policy = PolicyBuilder().store(Store([root])).time(start + datetime.timedelta(days=1))
    try:
        policy.build_server_verifier(x509.DNSName("other.test")).verify(leaf, [])
        verdict = "verified"
    except VerificationError:
        verdict = "refused"
    return {
        "fingerprint": leaf.fingerprint(hashes.SHA256()).hex(),
        "names": names.get_values_for_type(x509.DNSName),
        "other name": verdict,
    }


print(
    json.dumps(
        {
            "openssl": backend.openssl_version_text(),
            "rsa": rsa_facts(),
            "aead": cipher_facts(),
            "x509": certificate_facts(),
        }
    )
)
