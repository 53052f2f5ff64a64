"""From what a ZIP holds to what the new one will: every decision about containers and members is made here."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from policies.names import CleanName, clean_path
from policies.terms import Action, Vector
from sanitizers.codecs.deflate import crc32
from sanitizers.errors import (
    BlockedError,
    EncryptedError,
    LimitError,
    PurseError,
    Reason,
    UnsupportedError,
)
from sanitizers.formats.zip.placeholder import placeholder, refusing_vector
from sanitizers.formats.zip.reconstruct import FILE_STAMP, FOLDER_STAMP, Entry
from sanitizers.formats.zip.shelf import Shelf, placeholder_path
from sanitizers.formats.zip.sidefiles import is_browser_manifest, is_litter, is_package, is_shell_active, is_silent
from sanitizers.formats.zip.vectors import (
    ARC_03,
    ARC_08,
    ARC_09,
    ARC_21,
    ARC_22,
    ARC_23,
    ARC_24,
    ARC_25,
    ARC_26,
    GEN_13,
    GEN_17,
    ODDITIES,
    ZIP_10,
    ZIP_20,
    ZIP_23,
    ZIP_25,
    ZIP_30,
)
from sanitizers.model import Report, Verdict
from sanitizers.parsers.zip import Archive, Member
from sanitizers.parsers.zipheads import MemberKind
from sanitizers.parsers.zipmember import DEFLATED, STORED, Keys, unpack
from sanitizers.parsers.zipnames import fits_cp932
from sanitizers.parsers.zipwords import Oddity
from sanitizers.sanitizer import Job

_ALL: Final = "(members)"
_ARCHIVE: Final = "(archive)"
_PACKED_FAMILIES: Final = ("image/", "audio/", "video/", "application/zip")


@dataclass(frozen=True, slots=True)
class _Plan:
    """One member that is to go on, and where it would stand."""

    member: Member
    path: str  # cleaned
    replaced_for: Vector | None = None  # a placeholder takes its place without a look at its data


def disarm_zip(archive: Archive, job: Job) -> tuple[Entry, ...]:
    """The members of the new archive. Raises BlockedError, EncryptedError, LimitError, PurseError, MalformedError."""
    names = [clean_path(member.name) for member in archive.members]
    _tell_oddities(archive, names, job)
    plans = _planned(archive, names, job)
    _refuse_packages(archive, job)
    _refuse_mixtures(plans, job)
    _pay(plans, job)
    return _named(_placed(_Unpacking(archive, plans, job).ready(), job), archive, job)


def _tell_oddities(archive: Archive, names: Sequence[CleanName], job: Job) -> None:
    for strange in archive.odd:
        if archive.is_cp932 and strange.kind is Oddity.ENCODING:
            continue  # told by _named, unless they stay as they are
        found, at_least = ODDITIES[strange.kind]
        where = _ARCHIVE if strange.member is None else f"member {strange.member + 1}"
        if names and strange.member is not None:
            where = names[strange.member].name
        job.found(found, where, detail=strange.detail, count=strange.count, at_least=at_least)
    for member, name in zip(archive.members, names):
        for found, detail in name.findings:
            job.found(found, name.name, detail=detail, at_least=Action.REWRITE)
        if member.method not in (STORED, DEFLATED) or member.is_encrypted:
            cipher = "encrypted, " if member.is_encrypted else ""
            job.found(ZIP_23, name.name, detail=f"{cipher}method {member.method}", at_least=Action.REWRITE)
    marked = sum(member.stamp not in (FILE_STAMP, FOLDER_STAMP) for member in archive.members)
    if marked:
        job.found(ZIP_30, _ALL, detail="times and traits of the program", count=marked, at_least=Action.REWRITE)


def _planned(archive: Archive, names: Sequence[CleanName], job: Job) -> list[_Plan]:
    """The members that go on, in the order of the archive; the others are told."""
    plans = []
    for member, name in zip(archive.members, names):
        path = name.name
        if member.is_folder and not member.place:
            continue  # "./": the archive's own root
        if is_litter(member.name):
            job.found(ARC_23, path, at_least=Action.REMOVE)
        elif member.kind in (MemberKind.LINK, MemberKind.SPECIAL):
            job.found(ZIP_25, path, detail=member.kind.name.lower(), at_least=Action.REMOVE)
        elif member.kind is MemberKind.REPARSE_POINT:
            job.found(ARC_03, path, detail="reparse point", at_least=Action.REMOVE)
        elif member.kind is MemberKind.FILE and is_silent(member.name):
            job.found(ARC_22, path, at_least=Action.REMOVE)
        elif member.kind is MemberKind.FILE and is_shell_active(member.name):
            job.found(ARC_22, path, at_least=Action.REMOVE)
            plans.append(_Plan(member, path, ARC_22))
        else:
            plans.append(_Plan(member, path))
    return plans


def _refuse_packages(archive: Archive, job: Job) -> None:
    if is_package(member.place for member in archive.members):
        job.found(ARC_25, _ARCHIVE, detail="members of a program or extension", at_least=Action.BLOCK)


def _refuse_mixtures(plans: Sequence[_Plan], job: Job) -> None:
    files = [plan.member for plan in plans if plan.member.kind is MemberKind.FILE]
    sealed = sum(member.is_encrypted for member in files)
    plain = sum(not member.is_encrypted and member.size > 0 for member in files)
    if sealed and plain:
        job.found(ARC_09, _ARCHIVE, detail=f"{sealed} encrypted, {plain} not", at_least=Action.BLOCK)


def _pay(plans: Sequence[_Plan], job: Job) -> None:
    """For all that will be unpacked, before any of it is: what the headers say is the bound of what is written."""
    for plan in plans:
        member = plan.member
        if plan.replaced_for is None:
            try:
                job.budget.expand(member.size, member.packed)
            except PurseError:
                is_tight = member.size > member.packed * job.policy.limits.max_ratio
                _note(job, ZIP_20 if is_tight else GEN_17, plan.path, f"{member.size} bytes packed in {member.packed}")
                raise


def _note(job: Job, found: Vector, where: str, detail: str = "") -> None:
    """Record what an error that says more than "blocked" is raised for."""
    with suppress(BlockedError):
        job.found(found, where, detail=detail, at_least=Action.BLOCK)


class _Rank(IntEnum):
    """Who is asked first where it wants to stand: nobody's name changes for the sake of a placeholder."""

    FOLDER = 0
    AS_IT_CAME = 1
    RENAMED = 2
    PLACEHOLDER = 3


class _Ready(NamedTuple):
    """A member of the new archive, before it has its place."""

    entry: Entry
    rank: _Rank
    report: int | None = None  # index among the job's members: a new place is told there


class _Unpacking:
    """One archive's members, unpacked one after the other, each through the whole pipeline."""

    def __init__(self, archive: Archive, plans: Sequence[_Plan], job: Job) -> None:
        self._archive, self._plans, self._job = archive, plans, job
        self._keys = Keys(job.passwords)

    def ready(self) -> list[_Ready]:
        return [found for plan in self._plans if (found := self._ready(plan))]

    def _ready(self, plan: _Plan) -> _Ready | None:
        if plan.replaced_for is not None:
            return self._in_place_of(plan, Reason.FORBIDDEN_TYPE, plan.replaced_for.id)
        try:
            data = self._unpacked(plan)
        except UnsupportedError as error:
            if isinstance(error, EncryptedError):
                raise
            self._job.members.append(_withheld(plan, self._archive))
            return self._withhold(plan, Reason.UNSUPPORTED, "")
        if plan.member.is_folder:
            return _Ready(Entry(plan.path), _Rank.FOLDER)
        if is_browser_manifest(plan.member.place, data):
            self._job.found(ARC_25, plan.path, detail="manifest of a browser extension", at_least=Action.BLOCK)
        return self._descended(plan, data)

    def _unpacked(self, plan: _Plan) -> bytes:
        member = plan.member
        if member.is_encrypted:
            return self._opened(plan)
        try:
            data = unpack(self._archive, member)
        except LimitError:
            _note(self._job, ARC_24, plan.path)
            raise
        if crc32(data) != member.crc:
            self._job.found(ZIP_10, plan.path, detail="data and headers", at_least=Action.BLOCK)
        return data

    def _opened(self, plan: _Plan) -> bytes:
        try:
            return self._keys.unpack(self._archive, plan.member)
        except EncryptedError as error:
            for found in (ARC_08, GEN_13):
                _note(self._job, found, plan.path, str(error))
            raise

    def _descended(self, plan: _Plan, data: bytes) -> _Ready | None:
        outcome = self._job.descend(data, plan.path)
        report = outcome.report
        if outcome.data is None:
            assert report.reason is not None
            return self._withhold(plan, report.reason, refusing_vector(report))
        entry = Entry(report.name, outcome.data, report.media_type.startswith(_PACKED_FAMILIES))
        rank = _Rank.AS_IT_CAME if entry.path == plan.path else _Rank.RENAMED
        return _Ready(entry, rank, len(self._job.members) - 1)

    def _withhold(self, plan: _Plan, reason: Reason, vector: str) -> _Ready | None:
        detail = f"{reason}, {vector}" if vector else reason
        if self._job.found(ARC_26, plan.path, detail=detail, at_least=Action.REWRITE) is Action.REMOVE:
            return None
        return self._in_place_of(plan, reason, vector)

    def _in_place_of(self, plan: _Plan, reason: Reason, vector: str) -> _Ready:
        name = plan.path.rpartition("/")[2]
        return _Ready(Entry(placeholder_path(plan.path), placeholder(name, reason, vector)), _Rank.PLACEHOLDER)


def _placed(ready: Sequence[_Ready], job: Job) -> tuple[Entry, ...]:
    """All on places of their own, in the order they came in (ARC-21)."""
    shelf = Shelf(one.entry.path for one in ready)
    found: dict[int, Entry] = {}
    for index in sorted(range(len(ready)), key=lambda index: ready[index].rank):
        entry, _, report = ready[index]
        if entry.is_folder:
            if shelf.place_folder(entry.path):
                found[index] = entry
            continue
        path = shelf.place(entry.path)
        if path != entry.path:
            job.found(ARC_21, entry.path, detail="the place was taken", at_least=Action.REWRITE)
            if report is not None:
                job.members[report] = replace(job.members[report], name=path)
        found[index] = replace(entry, path=path)
    return tuple(found[index] for index in sorted(found))


def _named(entries: tuple[Entry, ...], archive: Archive, job: Job) -> tuple[Entry, ...]:
    """Names stay in CP932 where all of them fit, else become marked UTF-8 (docs/adr/0007-zip-names.md)."""
    if not archive.is_cp932:
        return entries
    if all(fits_cp932(entry.path) for entry in entries):
        return tuple(replace(entry, encoding="cp932") for entry in entries)
    found, at_least = ODDITIES[Oddity.ENCODING]
    job.found(found, _ARCHIVE, detail="names in cp932", at_least=at_least)
    return entries


def _withheld(plan: _Plan, archive: Archive) -> Report:
    """The report of a member that could not be unpacked. Its digest is that of its packed bytes, for want of others."""
    member = plan.member
    return Report(
        verdict=Verdict.BLOCKED,
        media_type="application/octet-stream",
        sha256_in=hashlib.sha256(memoryview(archive.data)[member.start : member.start + member.packed]).hexdigest(),
        sha256_out=None,
        name=plan.path,
        reason=Reason.UNSUPPORTED,
    )
