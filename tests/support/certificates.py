"""Certificates, good and bad: authorities of the tests' own, and servers' contexts signed by them."""

from __future__ import annotations

import ssl
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

# The object identifiers 1.2.840.113549.1.1.11 and .5 (RFC 8017, appendix C).
_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA = bytes.fromhex("06092a864886f70d010105")


@dataclass(frozen=True)
class Authority:
    """A certificate authority, and the file by which a client trusts it."""

    issuer: trustme.CA
    file: Path

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server's context with a certificate for these names or addresses."""
        until = datetime.now(UTC) + timedelta(days=-1 if expired else 30)
        certificate = self.issuer.issue_cert(*names, not_before=datetime.now(UTC) - timedelta(days=10), not_after=until)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context

    def server_with_sha_1(self, *names: str) -> ssl.SSLContext:
        """A server whose certificate is signed with SHA-1; the authority's key must be RSA."""
        issued = self.issuer.issue_cert(*names, key_type=trustme.KeyType.RSA)
        leaf = x509.load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
        # Nobody makes such certificates any more, so a good one is changed: its algorithm, and its signature.
        claims = leaf.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
        key = serialization.load_pem_private_key(self.issuer.private_key_pem.bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        signature = key.sign(claims, padding.PKCS1v15(), hashes.SHA1())
        algorithm = _der(0x30, _SHA1_WITH_RSA + b"\x05\x00")
        forged = _der(0x30, claims + algorithm + _der(0x03, b"\x00" + signature))
        file = self.file.with_name("sha1.pem")
        file.write_bytes(issued.private_key_pem.bytes() + ssl.DER_cert_to_PEM_cert(forged).encode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(file)
        return context

    def server_of_1999(self, *names: str) -> ssl.SSLContext:
        """A server that speaks nothing newer than TLS 1.0."""
        context = self.server(*names)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        return context


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the tests' clients trust."""
    return _authority(tmp_path_factory.mktemp("authority"), trustme.KeyType.ECDSA)


@pytest.fixture(scope="session")
def old_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One that signs with RSA, as those did that signed with SHA-1."""
    return _authority(tmp_path_factory.mktemp("old_authority"), trustme.KeyType.RSA)


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts: as good as a self-signed certificate."""
    return _authority(tmp_path_factory.mktemp("stranger"), trustme.KeyType.ECDSA)


def _authority(folder: Path, key: trustme.KeyType) -> Authority:
    issuer = trustme.CA(key_type=key)
    file = folder / "authority.pem"
    issuer.cert_pem.write_to_path(str(file))
    return Authority(issuer, file)


def _der(tag: int, content: bytes) -> bytes:
    """One element of DER (X.690, 8.1)."""
    length = len(content)
    size = bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2)
    return bytes([tag]) + size + content
