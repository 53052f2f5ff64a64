"""What a client says of a file, and the file itself: raw body or form, read once, on the fly, into a descriptor.

Raw: name in Content-Disposition or `?name=`, context in the query, password in `Sekisho-Password` (RFC 8187 form; it
stands in no address). Form: one part with a file name, and the fields direction, sender, room, password.
Source: RFC 9110, RFC 6266, RFC 7578 (forms), RFC 7240 (Prefer).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.config import DIRECTIONS, Config
from gateway.doors.hall import Hall
from gateway.doors.names import MAX_NAME_CHARS, as_text, claimed_type, extended, read_disposition
from gateway.doors.upload import Deadline, Upload, pour
from gateway.problems import Problem
from policies.model import Policy
from policies.names import decode_name
from policies.rules import Context

_FORM_OVERHEAD_BYTES: Final = 1 << 16  # fields and part headers beside the file
_FIELD_BYTES: Final = 4096
_CHUNK_BYTES: Final = 1 << 16
_MAX_PARTS: Final = 16
_MAX_PART_HEADERS: Final = 16
_MAX_ROOM_CHARS: Final = 255
_CONTEXT: Final = ("direction", "sender", "room")
_SENDER: Final = re.compile(r"[A-Za-z0-9_.-]{0,64}")
_IDEMPOTENCY_KEY: Final = re.compile(r'"?([!#-~]{1,255}?)"?')
_WAIT: Final = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,5})\"?\s*(?=$|,|;)")
_FORM_ERRORS: Final = (ValueError, AssertionError, RuntimeError, LookupError, HttpProcessingError)

Opener = Callable[[int], int]  # expected bytes -> a descriptor to write to


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """All that was said of a file: claims, every one of them, but for the tenant."""

    context: Context
    policy: Policy
    name: str
    claimed_type: str | None
    passwords: tuple[str, ...] = field(repr=False)


async def receive(hall: Hall, request: web.BaseRequest, tenant: str, opener: Opener) -> tuple[Claims, Upload]:
    """Read one file. Raises Problem for whatever is not as it should be, SpoolError from the disk."""
    for header, plain in (("Content-Encoding", "identity"), ("Transfer-Encoding", "chunked")):
        if request.headers.get(header, plain).lower() != plain:
            raise Problem("encoded-body")
    _refuse_other(request.query, ("name", *_CONTEXT))
    is_form = request.content_type == "multipart/form-data"
    reader = _read_form if is_form else _read_raw
    claims, upload = await reader(hall, request, tenant, opener)
    upload.check_digest(None if is_form else request.headers.get("Content-Digest"))
    return claims, upload


def idempotency_key(request: web.BaseRequest) -> str | None:
    """The key, quoted or not; None when there is none."""
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    match = _IDEMPOTENCY_KEY.fullmatch(header)
    if match is None:
        raise Problem("bad-request", "Idempotency-Key")
    return match[1]


def wait_s(request: web.BaseRequest, most_s: float) -> float:
    """How long the client would rather wait for the result (Prefer: wait=N), within bounds; 0: not at all."""
    match = _WAIT.search(request.headers.get("Prefer", "").lower())
    return min(float(match[1]), most_s) if match else 0.0


async def _read_raw(hall: Hall, request: web.BaseRequest, tenant: str, opener: Opener) -> tuple[Claims, Upload]:
    context = _context(tenant, request.query)
    policy = _policy(hall.config, context)
    disposition = request.headers.get("Content-Disposition")
    name = read_disposition(disposition).file_name if disposition is not None else request.query.get("name")
    claims = Claims(
        context=context,
        policy=policy,
        name=_name(name),
        claimed_type=claimed_type(request.headers.get("Content-Type", "")),
        passwords=_header_passwords(request),
    )
    upload = _open(request, opener, policy.limits.max_input_bytes, policy.limits.max_input_bytes)
    await _say_continue(request)
    if request.content.is_eof():  # all of it came with the header: there is nothing to wait for
        await pour(request.content.readany, upload)
    else:
        async with Deadline(hall.pace) as deadline:
            await pour(request.content.readany, upload, deadline)
    return claims, upload


async def _read_form(hall: Hall, request: web.BaseRequest, tenant: str, opener: Opener) -> tuple[Claims, Upload]:
    most = hall.config.max_input_bytes
    upload = _open(request, opener, most, most + _FORM_OVERHEAD_BYTES)
    await _say_continue(request)
    try:
        async with Deadline(hall.pace) as deadline:
            form = await _Form(upload, deadline).read(request)
    except _FORM_ERRORS as error:
        raise Problem("bad-request", "multipart/form-data") from error
    if form.name is None:
        raise Problem("no-file")
    context = _context(tenant, {**request.query, **form.fields})
    policy = _policy(hall.config, context)
    if upload.size > policy.limits.max_input_bytes:
        raise Problem("too-large", more={"max_bytes": policy.limits.max_input_bytes})
    passwords = (*_header_passwords(request), *form.passwords)
    return Claims(
        context=context, policy=policy, name=_name(form.name), claimed_type=form.claimed_type, passwords=passwords
    ), upload


class _Form:
    """One multipart/form-data body while it is read."""

    def __init__(self, upload: Upload, deadline: Deadline) -> None:
        self._upload, self._deadline = upload, deadline
        self.name: str | None = None
        self.claimed_type: str | None = None
        self.fields: dict[str, str] = {}
        self.passwords: list[str] = []

    async def read(self, request: web.BaseRequest) -> "_Form":
        """Read to the closing boundary."""
        reader = MultipartReader(request.headers, request.content, max_headers=_MAX_PART_HEADERS)
        for _ in range(_MAX_PARTS):
            part = await reader.next()
            if part is None:
                return self
            if not isinstance(part, BodyPartReader) or _is_encoded(part):
                raise ValueError("a part within a part, or an encoded one")
            await self._take(part)
        raise ValueError("too many parts")

    async def _take(self, part: BodyPartReader) -> None:
        said = read_disposition(part.headers.get("Content-Disposition", ""))
        if said.file_name is not None:
            if self.name is not None:
                raise Problem("one-file-only")
            self.name = said.file_name
            self.claimed_type = claimed_type(part.headers.get("Content-Type", ""))
            await pour(lambda: part.read_chunk(_CHUNK_BYTES), self._upload, self._deadline)
        elif said.field == "password":
            self.passwords.append(await _field(part))
        elif said.field in _CONTEXT and said.field not in self.fields:
            self.fields[said.field] = await _field(part)
        else:
            raise Problem("bad-request", f"form field {said.field[:60]!r}")


async def _field(part: BodyPartReader) -> str:
    value = b""
    while chunk := await part.read_chunk(_FIELD_BYTES):
        value += chunk
        if len(value) > _FIELD_BYTES:
            raise ValueError("a long field")
    return decode_name(value)


def _is_encoded(part: BodyPartReader) -> bool:
    transfer = part.headers.get("Content-Transfer-Encoding", "binary").lower()
    return transfer not in ("7bit", "8bit", "binary") or "Content-Encoding" in part.headers


def _open(request: web.BaseRequest, opener: Opener, most: int, most_with_form: int) -> Upload:
    """A place for the body, refused from its announced length alone where that is enough."""
    length = request.content_length
    if length is not None and length > most_with_form:
        raise Problem("too-large", more={"max_bytes": most})
    return Upload(opener(min(most, most if length is None else length)), most)


async def _say_continue(request: web.BaseRequest) -> None:
    """Only now is a client that asks first told to send its body."""
    expected = request.headers.get("Expect")
    if expected is None:
        return
    if expected.lower() != "100-continue":
        raise Problem("bad-expectation")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # so that an error may still be answered


def _context(tenant: str, said: Mapping[str, str]) -> Context:
    direction, sender, room = said.get("direction", "inbound"), said.get("sender", ""), as_text(said.get("room", ""))
    if direction not in DIRECTIONS:
        raise Problem("bad-context", f"direction: {' | '.join(DIRECTIONS)}")
    if not _SENDER.fullmatch(sender):
        raise Problem("bad-context", f"sender: {_SENDER.pattern}")
    if len(room) > _MAX_ROOM_CHARS or not room.isprintable():
        raise Problem("bad-context", f"room: up to {_MAX_ROOM_CHARS} characters")
    return Context(tenant=tenant, direction=direction, sender=sender, room=room)


def _policy(config: Config, context: Context) -> Policy:
    policy = config.policy_for(context)
    if policy is None:
        raise Problem("no-policy")
    return policy


def _name(claimed: str | None) -> str:
    name = as_text(claimed or "")
    if not name or len(name) > MAX_NAME_CHARS:
        raise Problem("bad-name", f"Content-Disposition: attachment; filename*=UTF-8''…, 1-{MAX_NAME_CHARS}")
    return name


def _header_passwords(request: web.BaseRequest) -> tuple[str, ...]:
    header = request.headers.get("Sekisho-Password")
    if header is None:
        return ()
    text = extended(header)
    return (as_text(header) if text is None else text,)


def _refuse_other(query: Mapping[str, str], known: tuple[str, ...]) -> None:
    for key in query:
        if key not in known:
            raise Problem("bad-request", f"query: {' | '.join(known)}")
