"""Order, Report and Opinion as frames. Sans-I/O; both towers read it, and it trusts neither side.

A frame is a header (magic "SKS1", kind, body length; big-endian) and a body of UTF-8 JSON. Every reader checks the
length before it looks at the body, knows each key, and closes each enum; anything else is a WireError.
"""

import json
import struct
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Final, TypeVar

from policies.catalogue import CATALOGUE
from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers.errors import LimitError, Reason, WireError
from sanitizers.model import MAX_DETAIL_CHARS, MAX_WHERE_CHARS, Check, Finding, Opinion, Order, Report, Verdict

HEADER: Final = struct.Struct(">4sBI")
MAGIC: Final = b"SKS1"
MAX_ORDER_BYTES: Final = 1 << 17
MAX_REPORT_BYTES: Final = 4 << 20
MAX_NAME_CHARS: Final = 4096
_MAX_NESTING: Final = 8

_T = TypeVar("_T")


class Kind(IntEnum):
    """What a frame holds."""

    ORDER = 1
    REPORT = 2
    OPINION = 3


def encode_order(order: Order) -> bytes:
    """Raises LimitError when names or passwords make it too long."""
    return _frame(
        Kind.ORDER,
        {
            "name": order.name,
            "type": order.claimed_type,
            "policy": order.policy.as_dict(),
            "passwords": list(order.passwords),
        },
        MAX_ORDER_BYTES,
    )


def decode_order(untrusted: bytes) -> Order:
    """Raises WireError."""
    return _read(untrusted, Kind.ORDER, MAX_ORDER_BYTES, _order)


def encode_report(report: Report) -> bytes:
    """Raises LimitError when there is more to tell than a frame holds."""
    return _frame(Kind.REPORT, _report_dict(report), MAX_REPORT_BYTES)


def decode_report(untrusted: bytes) -> Report:
    """Raises WireError. The digests in it are claims: whoever releases bytes computes them again."""
    return _read(untrusted, Kind.REPORT, MAX_REPORT_BYTES, _report)


def encode_opinion(opinion: Opinion) -> bytes:
    """An opinion always fits."""
    return _frame(
        Kind.OPINION,
        {
            "accepted": opinion.accepted,
            "check": opinion.check,
            "where": opinion.where[:MAX_WHERE_CHARS],
        },
        MAX_ORDER_BYTES,
    )


def decode_opinion(untrusted: bytes) -> Opinion:
    """Raises WireError."""
    return _read(untrusted, Kind.OPINION, MAX_ORDER_BYTES, _opinion)


def _frame(kind: Kind, body: Mapping[str, Any], most: int) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    if len(text) > most:
        raise LimitError(f"a frame of {len(text)} bytes")
    return HEADER.pack(MAGIC, kind, len(text)) + text


def _read(untrusted: bytes, kind: Kind, most: int, build: Callable[[Any], _T]) -> _T:
    if len(untrusted) < HEADER.size:
        raise WireError("a frame without a header")
    magic, found, length = HEADER.unpack_from(untrusted)
    if magic != MAGIC or found != kind or length > most or length != len(untrusted) - HEADER.size:
        raise WireError("a header that does not fit")
    try:
        return build(json.loads(untrusted[HEADER.size :]))
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError, RecursionError) as error:
        raise WireError(f"a body that does not fit: {type(error).__name__}") from error


def _keys(body: Any, *names: str) -> tuple[Any, ...]:
    if not isinstance(body, dict) or set(body) != set(names):
        raise ValueError("other keys")
    return tuple(body[name] for name in names)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("no text, or too much")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def _order(body: Any) -> Order:
    name, claimed, policy, passwords = _keys(body, "name", "type", "policy", "passwords")
    return Order(
        name=_text(name, MAX_NAME_CHARS),
        claimed_type=None if claimed is None else _text(claimed, MAX_NAME_CHARS),
        policy=Policy.from_dict(policy),
        passwords=tuple(_text(word, MAX_NAME_CHARS) for word in _list(passwords)),
    )


def _report_dict(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "type": report.media_type,
        "in": report.sha256_in,
        "out": report.sha256_out,
        "name": report.name,
        "reason": report.reason,
        "rebuild": report.rebuild,
        "findings": [[f.vector, f.where, int(f.action), f.detail, f.count] for f in report.findings],
        "members": [_report_dict(member) for member in report.members],
    }


def _report(body: Any, nesting: int = 0) -> Report:
    verdict, media_type, digest_in, digest_out, name, reason, rebuild, findings, members = _keys(
        body, "verdict", "type", "in", "out", "name", "reason", "rebuild", "findings", "members"
    )
    if nesting > _MAX_NESTING:
        raise ValueError("nested too deep")
    return Report(
        verdict=Verdict(verdict),
        media_type=_text(media_type, 100),
        sha256_in=_digest(digest_in),
        sha256_out=None if digest_out is None else _digest(digest_out),
        name=_text(name, MAX_NAME_CHARS),
        reason=None if reason is None else Reason(reason),
        rebuild=None if rebuild is None else Rebuild(rebuild),
        findings=tuple(_finding(item) for item in _list(findings)),
        members=tuple(_report(member, nesting + 1) for member in _list(members)),
    )


def _finding(item: Any) -> Finding:
    vector, where, action, detail, count = _list(item)
    if vector not in CATALOGUE or type(action) is not int or type(count) is not int or not 1 <= count < 1 << 40:
        raise ValueError("no such finding")
    return Finding(vector, _text(where, MAX_WHERE_CHARS), Action(action), _text(detail, MAX_DETAIL_CHARS), count)


def _digest(value: Any) -> str:
    text = _text(value, 64)
    if len(bytes.fromhex(text)) != 32 or text != text.lower():
        raise ValueError("no digest")
    return text


def _opinion(body: Any) -> Opinion:
    accepted, check, where = _keys(body, "accepted", "check", "where")
    if type(accepted) is not bool:
        raise ValueError("neither yes nor no")
    return Opinion(accepted, None if check is None else Check(check), _text(where, MAX_WHERE_CHARS))
