"""WebAuthn's two ceremonies: what a browser is asked to sign, and whether what it sends was signed (Level 3, 7.1, 7.2).

Passkeys are discoverable, so nobody types a name, and the device asks for finger, face or PIN, so one passkey is as
much as a name and a password. What a device is made by is not asked. Nothing here reads or writes anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes, options_to_json_dict, parse_client_data_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from service.people import csrf
from service.values.address import parse

LONGEST = 16 * 1024
"""Characters of an answer; an honest one has some 1,500."""

LONGEST_ID = 1023
"""Bytes of a credential's id (WebAuthn Level 3, 7.1, step 25)."""

PATIENCE = 5 * 60
"""Seconds that a person has."""


@dataclass(frozen=True, slots=True)
class Party:
    """We, as authenticators know us: a passkey is good for this host's name alone."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Signer:
    """A person, as an authenticator keeps him."""

    name: str
    handle: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, which may be anything."""

    fields: dict[str, Any]
    credential: bytes
    challenge: bytes
    handle: str | None
    """Whose passkey the authenticator says it is."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey that is really on a device."""

    credential: bytes
    public_key: bytes
    count: int


def party(base_url: str) -> Party | None:
    """Who we are at this address. ``None`` where it has no name: an IP address has no passkeys. A service on loopback
    has them as ``localhost``, which browsers trust without https.
    """
    base = parse(base_url)
    if base.host in csrf.LOOPBACK:
        return Party("localhost", base.origin.replace(base.host, "localhost", 1))
    return None if base.literal else Party(base.host, base.origin)


def to_make(party: Party, signer: Signer, known: Collection[bytes], challenge: bytes) -> dict[str, Any]:
    """What ``navigator.credentials.create()`` is given; a device that holds one of the ``known`` says so."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name="Reflections",
        user_name=signer.name,
        user_id=bytes.fromhex(signer.handle),
        challenge=challenge,
        timeout=PATIENCE * 1000,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return options_to_json_dict(options)


def to_sign_in(party: Party, challenge: bytes) -> dict[str, Any]:
    """What ``navigator.credentials.get()`` is given: any passkey of ours will do."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=PATIENCE * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


# The library raises its own errors, and whatever those parsers raise that stand below it: a stranger chose the bytes.


def read(answer: str) -> Answer | None:
    """What a browser's ``credential.toJSON()`` says, unproved; ``None`` where it can't be read."""
    if len(answer) > LONGEST:
        return None
    try:
        fields = json.loads(answer)
        response = fields["response"]
        client = parse_client_data_json(base64url_to_bytes(response["clientDataJSON"]))
        handle = response.get("userHandle")
        return Answer(
            fields,
            base64url_to_bytes(fields["rawId"]),
            client.challenge,
            base64url_to_bytes(handle).hex() if handle else None,
        )
    except Exception:
        return None


def made(party: Party, answer: Answer) -> Made | None:
    """The new passkey, where the answer holds one that was made here and for us. Its challenge was looked at before."""
    try:
        found = webauthn.verify_registration_response(
            credential=answer.fields,
            expected_challenge=answer.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception:
        return None
    if len(found.credential_id) > LONGEST_ID:
        return None
    return Made(found.credential_id, found.credential_public_key, found.sign_count)


def count(party: Party, answer: Answer, public_key: bytes, before: int) -> int | None:
    """The authenticator's counter, where the answer was signed by this key, here, and for us; ``None`` where not, or
    where the counter went back: then the passkey was copied. Its challenge was looked at before.
    """
    try:
        return webauthn.verify_authentication_response(
            credential=answer.fields,
            expected_challenge=answer.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=before,
            require_user_verification=True,
        ).new_sign_count
    except Exception:
        return None
