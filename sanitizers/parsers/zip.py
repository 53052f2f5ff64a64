"""ZIP container read from its raw bytes: each byte is accounted for, each header compared with its twin.

What two readers could read differently is told as an `Oddity`; what nobody could read raises MalformedError. Nothing
is unpacked and nothing is judged here. The cost is linear in the file, but for one sort of the members.

Source: PKWARE APPNOTE.TXT 6.3.10; the construction classes of ZipDiff (USENIX Security 2025).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import MalformedError
from sanitizers.parsers.zipend import End, read_end
from sanitizers.parsers.zipextra import AES, UNICODE_PATH, WIDE_SIZES, unicode_path
from sanitizers.parsers.zipheads import (
    ENCRYPTED,
    FOREIGN,
    MIN_DESCRIPTOR,
    SHOWN,
    STREAMED,
    UTF8,
    Central,
    Local,
    MemberKind,
    descriptor,
    read_central,
    read_local,
    starts_central,
)
from sanitizers.parsers.zipnames import RawName, canonical, collisions, decode_names, stay_in_cp932
from sanitizers.parsers.zipwords import (
    ARCHIVE_EXTRA,
    CENTRAL,
    DESCRIPTOR,
    END,
    LOCAL,
    SIGNATURE,
    AmbiguousError,
    Oddity,
    Strange,
)

_PROGRAM_STARTS: Final = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


@dataclass(frozen=True, slots=True)
class Member:
    """One member, as both its headers have it. Its data is packed, and may be encrypted."""

    name: str  # decoded, not cleaned
    place: str  # what the name means, whatever its spelling
    kind: MemberKind
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    start: int  # of the packed data
    check_bytes: tuple[int, ...]  # what a right ZipCrypto password shows
    aes: bytes | None  # the AES field
    stamp: tuple[int, ...]  # all in both headers that tells of program, system and time

    @property
    def is_folder(self) -> bool:
        return self.kind is MemberKind.FOLDER

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & ENCRYPTED)


@dataclass(frozen=True, slots=True)
class Archive:
    """A ZIP with all that is odd about it. Where that leaves open which archive is meant, it has no members."""

    data: bytes = field(repr=False)
    members: tuple[Member, ...]
    odd: tuple[Strange, ...]
    is_cp932: bool = False  # its names may stay in CP932, unmarked


def read_zip(untrusted: bytes, budget: Budget) -> Archive:
    """The members of a ZIP, in the order of its directory. Raises MalformedError, LimitError, PurseError."""
    odd: list[Strange] = []
    try:
        end = read_end(untrusted, odd)
        budget.count_members(end.count)
        walk = _Walk(untrusted, end, odd)
        members = walk.members()
    except AmbiguousError as error:
        return Archive(untrusted, (), (*odd, error.strange))
    return Archive(untrusted, members, tuple(odd), walk.is_cp932)


class _Walk:
    """One reading of one archive: its directory, each local header, and each byte between."""

    def __init__(self, data: bytes, end: End, odd: list[Strange]) -> None:
        self._data, self._end, self._odd = data, end, odd
        self._tally: Counter[tuple[Oddity, str]] = Counter()  # what is told once with a count
        self.is_cp932 = False

    def members(self) -> tuple[Member, ...]:
        centrals = self._directory()
        local_headers = self._locals(centrals)
        raw = [self._raw_name(i, central) for i, central in enumerate(centrals)]
        names, self.is_cp932 = decode_names(raw, self._odd), stay_in_cp932(raw)
        members = tuple(self._member(i, *found) for i, found in enumerate(zip(names, centrals, local_headers)))
        self._odd.extend(collisions([(member.name, member.place, member.is_folder) for member in members]))
        self._odd.extend(Strange(kind, None, detail, count) for (kind, detail), count in self._tally.items())
        return members

    def _directory(self) -> list[Central]:
        data, at, end = self._data, self._end.start, self._end.end
        found: list[Central] = []
        for index in range(self._end.count):
            if not starts_central(data, at, end):
                raise AmbiguousError(Oddity.COUNT_DIFFERS, f"{index} members, not {self._end.count}")
            central, at = read_central(data, at, end, self._end.shift, index)
            if central.flags & FOREIGN:
                self._odd.append(Strange(Oddity.RECORDS, index, f"flags {central.flags:#06x}"))
            if central.comment_bytes:
                self._tally[Oddity.COMMENT, "of members"] += 1
            found.append(central)
        if at != end:
            self._after_directory(at)
        return found

    def _after_directory(self, at: int) -> None:
        if self._data.startswith(SIGNATURE, at):
            self._odd.append(Strange(Oddity.RECORDS, None, "digital signature"))
        elif self._data.startswith(CENTRAL, at):
            raise AmbiguousError(Oddity.COUNT_DIFFERS, f"more than {self._end.count} members")
        else:
            raise MalformedError(f"{self._end.end - at} bytes between directory and end record")

    def _locals(self, centrals: Sequence[Central]) -> list[Local]:
        """Each local header, walked in the order of the file, so that gaps and overlaps show."""
        found: dict[int, Local] = {}
        order = sorted(range(len(centrals)), key=lambda index: centrals[index].offset)
        stops = [*(min(centrals[index].offset, self._end.start) for index in order[1:]), self._end.start]
        at = 0
        for index, stop in zip(order, stops):
            central = centrals[index]
            if central.offset > at:
                self._gap(at, min(central.offset, self._end.start))
            found[index] = local = read_local(self._data, central.offset, self._end.start, index)
            at = local.start + central.packed
            if at > stop:
                if at > self._end.start:
                    raise MalformedError(f"the member at {central.offset} runs into the directory")
                raise AmbiguousError(Oddity.OVERLAP, f"the members at {central.offset} and {stop}", index)
            self._compare(index, central, local)
            if (central.flags | local.flags) & STREAMED:
                at += self._descriptor(index, central, at, stop)
        if at < self._end.start:
            self._gap(at, self._end.start)
        return [found[index] for index in range(len(centrals))]

    def _gap(self, start: int, stop: int) -> None:
        data = self._data
        detail = f"{stop - start} bytes at {start}"
        if data.find(END, start, stop) >= 0 or data.find(CENTRAL, start, stop) >= 0:
            raise AmbiguousError(Oddity.CONCATENATED, detail)
        if data.startswith(ARCHIVE_EXTRA, start):
            kind = Oddity.RECORDS
        elif data.find(LOCAL, start, stop) >= 0:
            kind = Oddity.HIDDEN_ENTRY
        elif start:
            kind = Oddity.GAP
        elif data.startswith(DESCRIPTOR):
            kind = Oddity.SPLIT_MARK
        else:
            kind = Oddity.PROGRAM_PREFIX if data.startswith(_PROGRAM_STARTS) else Oddity.PREFIX
        self._odd.append(Strange(kind, None, detail))

    def _compare(self, index: int, central: Central, local: Local) -> None:
        """Both headers of one member, field by field."""
        differing = local.flags ^ central.flags

        def same(tag: int) -> bool:
            return local.extras.get(tag) == central.extras.get(tag)

        for kind, is_met, detail in (
            (Oddity.NAME_DIFFERS, local.name != central.name, ""),
            (Oddity.METHOD_DIFFERS, local.method != central.method, f"{local.method} and {central.method}"),
            (Oddity.METHOD_DIFFERS, not same(AES), "AES field"),
            (Oddity.ENCRYPTION_DIFFERS, differing & ENCRYPTED, ""),
            (Oddity.RECORDS, differing & FOREIGN, f"flags {local.flags:#06x}"),
            (Oddity.UNICODE_PATH, UNICODE_PATH in local.extras and not same(UNICODE_PATH), "in the local header"),
            (Oddity.UTF8_FLAG, differing & UTF8 and not central.name.isascii(), "marked in one header only"),
        ):
            if is_met:
                self._odd.append(Strange(kind, index, detail))
        if differing & STREAMED:
            self._tally[Oddity.DESCRIPTOR, "flag in one header only"] += 1
        if (central.extra_bytes or local.extra_bytes) and {*central.extras, *local.extras} != {WIDE_SIZES}:
            self._tally[Oddity.EXTRA, "extra fields"] += 1
        self._compare_sizes(index, central, local)

    def _compare_sizes(self, index: int, central: Central, local: Local) -> None:
        if central.method == 0 and central.packed != central.size + 12 * (central.flags & ENCRYPTED):
            self._odd.append(Strange(Oddity.SIZE_DIFFERS, index, "stored, and not of one size"))
        here, there = local[5:8], central[6:9]
        if here == there:
            return
        # 4.4.4, bit 3: the three are zero and follow the data; some writers fill in what they know
        if local.flags & STREAMED and all(a in (0, b) for a, b in zip(here, there)):
            return
        kind = Oddity.CRC_DIFFERS if here[1:] == there[1:] else Oddity.SIZE_DIFFERS
        self._odd.append(Strange(kind, index, "local header and directory"))

    def _descriptor(self, index: int, central: Central, at: int, stop: int) -> int:
        size = descriptor(self._data, at, stop, (central.crc, central.packed, central.size))
        if size:
            is_signed = self._data.startswith(DESCRIPTOR, at)
            self._tally[Oddity.DESCRIPTOR, "data descriptors" if is_signed else "data descriptors, unsigned"] += 1
        elif stop - at >= MIN_DESCRIPTOR:
            self._odd.append(Strange(Oddity.SIZE_DIFFERS, index, "data descriptor"))
        else:
            self._tally[Oddity.DESCRIPTOR, "data descriptors missing"] += 1
        return size

    def _raw_name(self, index: int, central: Central) -> RawName:
        path, fits = unicode_path(central.extras, central.name)
        if not fits:
            self._odd.append(Strange(Oddity.UNICODE_PATH, index, "does not fit the name"))
        return RawName(central.name, bool(central.flags & UTF8), central.host, path)

    def _member(self, index: int, name: str, central: Central, local: Local) -> Member:
        kind = central.kind(name)
        if kind is MemberKind.FOLDER and (central.size or central.crc):
            self._odd.append(Strange(Oddity.FOLDER_WITH_DATA, index, f"{central.size} bytes"))
        elif kind is MemberKind.FILE and central.says_folder:
            self._odd.append(Strange(Oddity.FOLDER_WITH_DATA, index, "attributes of a folder"))
        is_streamed = (central.flags | local.flags) & STREAMED
        return Member(
            name=name,
            place=canonical(name),
            kind=kind,
            flags=central.flags,
            method=central.method,
            crc=central.crc,
            packed=central.packed,
            size=central.size,
            start=local.start,
            check_bytes=(central.crc >> 24, local.time >> 8) if is_streamed else (central.crc >> 24,),
            aes=central.extras.get(AES),
            stamp=(
                *(central.made_by, central.needed, central.flags & SHOWN, central.time, central.date),
                *(central.internal, central.external),
                *(local.needed, local.flags & SHOWN, local.time, local.date),
            ),
        )
