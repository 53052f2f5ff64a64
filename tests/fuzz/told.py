"""What the gateway and the receiver read, and what must hold for any of it: an answer or the one error that is told."""

from contextlib import suppress
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit.checkpoint import NoteError, parse, parse_many
from gateway.audit.keys import SigningKey, key_ring
from gateway.audit.proof import ProofError, check_proof, prove
from gateway.audit.record import CERTIFICATE, SealError, canonical, open_seal, seal
from gateway.audit.segments import Line
from gateway.cli.copies import check_certificate
from gateway.deliver import MANIFEST, RefusedError, check_offer, return_address
from gateway.deliver import offer as offered
from gateway.doors.names import claimed_type, read_disposition, write_disposition
from gateway.spool.base import Delivery
from policies.load import PolicyError, read_policy
from policies.model import Policy
from policies.names import clean_name
from tests.gateway.signed import CLEAN, SHA256, START, certified

KEY: Final = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEYS: Final = key_ring([KEY.public])
CONSUMER: Final = "lgwan"


def offer() -> dict[str, Any]:
    """What the internet side answers for one copy."""
    sealed = canonical(seal(certified(), KEY))
    delivery = Delivery(
        id="f1",
        tenant="city",
        consumer=CONSUMER,
        seq=7,
        name="写真.txt",
        media_type="text/plain",
        size=len(CLEAN),
        sha256=SHA256,
        certificate=sealed,
        lease="0123abcd",
        attempt=1,
    )
    told: dict[str, Any] = orjson.loads(orjson.dumps(offered(delivery, KEY, START)))
    return told


def proof() -> bytes:
    """That a line about a file stands in a log of three."""
    lines = []
    for seq in (1, 2, 3):
        event = {"v": 1, "seq": seq, "time": "2026-01-31T09:00:00.000001Z", "event": "decided", "id": f"f{seq}"}
        lines.append(Line(seq, event, canonical(event)))
    return prove("f2", lines) or b""


def act(data: bytes) -> None:
    """Every reader of these sees the same bytes."""
    text = data.decode("utf-8", "surrogateescape")
    _header(text)
    plain = data.decode("utf-8", "replace")
    _note(plain)
    _policy(plain)
    for read, refusal in _READERS:
        try:
            read(data)
        except refusal:
            continue
    try:
        told = orjson.loads(data)
    except ValueError:
        return
    _offer(told)
    if isinstance(told, dict):
        _resealed(told)


def _header(text: str) -> None:
    """A client's header as aiohttp hands it on, and our own for the name in it."""
    claimed_type(text)
    found = read_disposition(text)
    name = clean_name(found.file_name or "").name
    written = write_disposition(name)
    assert written.isascii() and written.isprintable(), "a header that is no line of ASCII"
    assert read_disposition(written).file_name == name, "a name that does not come back"


def _note(text: str) -> None:
    try:
        found = parse(text)
    except NoteError:
        pass
    else:
        assert parse(found.text()) == found, "a note that does not come back"
    with suppress(NoteError):
        list(parse_many(text))


def _policy(text: str) -> None:
    try:
        found = read_policy(text, "a.toml")
    except PolicyError:
        return
    assert Policy.from_dict(found.as_dict()) == found, "a policy that does not come back"


_READERS: Final = (
    (lambda data: open_seal(data, KEYS), SealError),
    (lambda data: check_certificate(data, KEYS), SealError),
    (check_proof, ProofError),
)


def _offer(told: Any) -> None:
    return_address(told)
    with suppress(RefusedError):
        check_offer(told, KEYS, CONSUMER)


_CERTIFICATE: Final = certified()


def _resealed(told: dict[str, Any]) -> None:
    """As a gateway that was taken over could sign it: as a manifest, and both halves of an offer."""
    halves = told.get(MANIFEST), told.get(CERTIFICATE)
    inner = [
        half.get(kind) if isinstance(half, dict) else None
        for half, kind in zip(halves, (MANIFEST, CERTIFICATE), strict=True)
    ]
    manifest = inner[0] if isinstance(inner[0], dict) else told
    certificate = inner[1] if isinstance(inner[1], dict) else _CERTIFICATE
    try:
        sealed = {MANIFEST: seal(manifest, KEY, MANIFEST), CERTIFICATE: seal(certificate, KEY)}
    except ValueError:  # nothing that could be signed
        return
    _offer(sealed)
