"""A device with passkeys, in a few lines: it signs what it is asked to, or lies as it is told (WebAuthn Level 3, 6)."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """A phone at our address. Each answer may be told to be wrong in one way."""

    origin: str = "http://localhost:8000"
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: str = ""
    count: int = 0

    def create(self, asked: dict[str, Any], **lies: Any) -> str:
        """What ``navigator.credentials.create()`` gives."""
        self.handle = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        credential = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cose
        data = self._data(asked["rp"]["id"], ATTESTED, lies) + credential
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"attestationObject": attested}, self._client("webauthn.create", asked, lies))

    def get(self, asked: dict[str, Any], **lies: Any) -> str:
        """What ``navigator.credentials.get()`` gives."""
        self.count = lies.get("count", self.count + 1)
        data = self._data(asked["rpId"], 0, lies)
        client = self._client("webauthn.get", asked, lies)
        key = lies.get("key", self.key)
        signature = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        handle = base64url_to_bytes(lies.get("handle", self.handle))
        return self._answer({"authenticatorData": data, "signature": signature, "userHandle": handle}, client)

    def _data(self, party: str, flags: int, lies: dict[str, Any]) -> bytes:
        hashed = hashlib.sha256(lies.get("party", party).encode()).digest()
        return hashed + bytes([flags | lies.get("flags", PRESENT | VERIFIED)]) + self.count.to_bytes(4, "big")

    def _client(self, ceremony: str, asked: dict[str, Any], lies: dict[str, Any]) -> bytes:
        said = {
            "type": lies.get("type", ceremony),
            "challenge": asked["challenge"],
            "origin": lies.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, bytes], client: bytes) -> str:
        named = bytes_to_base64url(self.credential)
        fields = {name: bytes_to_base64url(value) for name, value in {**response, "clientDataJSON": client}.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": fields})
