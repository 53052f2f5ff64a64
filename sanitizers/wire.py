"""What the towers say to one another, as frames and messages. Sans-I/O; both read it, and it trusts neither side.

A frame is a header (magic "SKS1", kind, body length; big-endian) and a body of UTF-8 JSON. Every reader checks the
length before it looks at the body, knows each key, and closes each enum; anything else is a WireError.
A message travels on the SEQPACKET socket between the gateway and a zygote: `Task` towards it, with descriptors
beside it, `Ended` back.
"""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
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
MAX_TASK_BYTES: Final = MAX_ORDER_BYTES + 64
REPORT_SHEET_BYTES: Final = HEADER.size + MAX_REPORT_BYTES  # room for the longest frame, and nothing beside it
_MAX_NESTING: Final = 8
_MAX_LIBRARIES: Final = 200
_MAX_POLICIES: Final = 64
_MAX_CASES: Final = 256
_TASK: Final = struct.Struct(">4sQIQQ")
_TASK_MAGIC: Final = b"SKT1"
_ENDED: Final = struct.Struct(">4sQBIQQ")
_ENDED_MAGIC: Final = b"SKE1"

_T = TypeVar("_T")
_written: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_policy_texts: Final[dict[int, tuple[Policy, str]]] = {}  # by id; holding the policy keeps its id its own


class Kind(IntEnum):
    """What a frame holds."""

    ORDER = 1
    REPORT = 2
    OPINION = 3
    CASE = 4
    HELLO = 5


class Exit(IntEnum):
    """The exit statuses of a worker that say something. Any other is a crash."""

    ANSWERED = 0
    CRASHED = 70
    OUT_OF_MEMORY = 71
    ELSEWHERE = 72  # it takes a zygote of the whole kit


class How(IntEnum):
    """How a worker ended, as its zygote saw it."""

    EXITED = 1  # with `value` as its status
    KILLED = 2  # by signal `value`
    TIMED_OUT = 3
    OUT_OF_MEMORY = 4  # the kernel took it
    CANCELLED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One file for one worker. Descriptors beside it: input, report sheet, and for the sanitizer the output."""

    number: int
    seconds: int = 0
    memory_bytes: int = 0
    output_bytes: int = 0
    frame: bytes = field(default=b"", repr=False)  # an order or a case; empty: the task of this number is taken back


@dataclass(frozen=True, slots=True)
class Ended:
    """The one answer of a zygote to one task."""

    number: int
    how: How
    value: int
    cpu_us: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Hello:
    """What a zygote says once, when it is ready."""

    tier: int  # of confinement, 1 the strongest
    tier_name: str
    versions: Mapping[str, str]  # of Sekisho and of each library that is loaded
    vectors: frozenset[str] = frozenset()  # IDs of those that this role treats


def encode_order(order: Order) -> bytes:
    """Raises LimitError when names or passwords make it too long."""
    if any(len(text) > MAX_NAME_CHARS for text in (order.name, order.claimed_type or "", *order.passwords)):
        raise LimitError("a name or a password that nobody could read back")
    return _frame(
        Kind.ORDER,
        {
            "name": order.name,
            "type": order.claimed_type,
            "sha256": order.sha256,
            "policy": _policy_text(order.policy),
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
    """Raises WireError. The digests in it are claims: whoever releases bytes takes that of the copy itself."""
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


def encode_case(media_type: str, policy: Policy) -> bytes:
    """What the judge is told about a copy."""
    return _case_frame(media_type, _policy_text(policy))


@lru_cache(_MAX_CASES)
def _case_frame(media_type: str, policy_text: str) -> bytes:
    """Written once for each type and policy."""
    return _frame(Kind.CASE, {"type": media_type, "policy": policy_text}, MAX_ORDER_BYTES)


def decode_case(untrusted: bytes) -> tuple[str, Policy]:
    """The media type that the copy is said to be of, and the policy in force. Raises WireError."""
    return _read(untrusted, Kind.CASE, MAX_ORDER_BYTES, _case)


def encode_hello(hello: Hello) -> bytes:
    """A greeting always fits."""
    names = {"tier": hello.tier, "name": hello.tier_name}
    body = names | {"versions": dict(hello.versions), "vectors": sorted(hello.vectors)}
    return _frame(Kind.HELLO, body, MAX_ORDER_BYTES)


def decode_hello(untrusted: bytes) -> Hello:
    """Raises WireError."""
    return _read(untrusted, Kind.HELLO, MAX_ORDER_BYTES, _hello)


def encode_task(task: Task) -> bytes:
    """A message of at most MAX_TASK_BYTES."""
    return _TASK.pack(_TASK_MAGIC, task.number, task.seconds, task.memory_bytes, task.output_bytes) + task.frame


def decode_task(untrusted: bytes) -> Task:
    """Raises WireError. The frame in it is not read here."""
    if not _TASK.size <= len(untrusted) <= MAX_TASK_BYTES:
        raise WireError("a task of this length")
    magic, number, seconds, memory, output = _TASK.unpack_from(untrusted)
    if magic != _TASK_MAGIC:
        raise WireError("no task")
    frame = untrusted[_TASK.size :]
    return Task(number=number, seconds=seconds, memory_bytes=memory, output_bytes=output, frame=frame)


def encode_ended(ended: Ended) -> bytes:
    """A message of fixed length."""
    return _ENDED.pack(_ENDED_MAGIC, ended.number, ended.how, ended.value, ended.cpu_us, ended.peak_bytes)


def decode_ended(untrusted: bytes) -> Ended:
    """Raises WireError."""
    if len(untrusted) != _ENDED.size or untrusted[:4] != _ENDED_MAGIC:
        raise WireError("no end of a task")
    _, number, how, value, cpu_us, peak_bytes = _ENDED.unpack(untrusted)
    try:
        return Ended(number, How(how), value, cpu_us, peak_bytes)
    except ValueError as error:
        raise WireError("no such end") from error


def _frame(kind: Kind, body: Mapping[str, Any], most: int) -> bytes:
    text = _written(body).encode("utf-8", "surrogatepass")
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
        return build(json.loads(untrusted[HEADER.size :].decode("utf-8", "surrogatepass")))
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
    name, claimed, digest, policy, passwords = _keys(body, "name", "type", "sha256", "policy", "passwords")
    return Order(
        name=_text(name, MAX_NAME_CHARS),
        claimed_type=None if claimed is None else _text(claimed, MAX_NAME_CHARS),
        sha256=None if digest is None else _digest(digest),
        policy=_policy(policy),
        passwords=tuple(_text(word, MAX_NAME_CHARS) for word in _list(passwords)),
    )


def _policy_text(policy: Policy) -> str:
    """Written once for each policy: thousands of files are ordered under the same few."""
    known, text = _policy_texts.get(id(policy), (None, ""))
    if known is not policy:
        text = _written(policy.as_dict())
        if len(_policy_texts) >= _MAX_POLICIES:
            _policy_texts.clear()
        _policy_texts[id(policy)] = (policy, text)
    return text


@lru_cache(_MAX_POLICIES)
def _policy(text: str) -> Policy:
    """Read once for each policy too."""
    return Policy.from_dict(json.loads(_text(text, MAX_ORDER_BYTES)))


def _report_dict(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "type": report.media_type,
        "in": report.sha256_in,
        "out": report.sha256_out,
        "name": report.name,
        "reason": report.reason,
        "rebuild": report.rebuild,
        "copy": report.copy_type,
        "findings": [[f.vector, f.where, int(f.action), f.detail, f.count] for f in report.findings],
        "members": [_report_dict(member) for member in report.members],
    }


def _report(body: Any, nesting: int = 0) -> Report:
    verdict, media_type, digest_in, digest_out, name, reason, rebuild, copy_type, findings, members = _keys(
        body, "verdict", "type", "in", "out", "name", "reason", "rebuild", "copy", "findings", "members"
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
        copy_type=None if copy_type is None else _text(copy_type, 100),
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


def _case(body: Any) -> tuple[str, Policy]:
    media_type, policy = _keys(body, "type", "policy")
    return _text(media_type, 100), _policy(policy)


def _hello(body: Any) -> Hello:
    tier, name, versions, vectors = _keys(body, "tier", "name", "versions", "vectors")
    if type(tier) is not int or not 1 <= tier <= 4 or len(versions) > _MAX_LIBRARIES:
        raise ValueError("no such tier, or too many libraries")
    if not all(item in CATALOGUE for item in _list(vectors)):
        raise ValueError("no such vector")
    told = {_text(key, 100): _text(value, 100) for key, value in versions.items()}
    return Hello(tier, _text(name, 100), told, frozenset(vectors))
