"""detect -> admit -> parse -> disarm -> reconstruct. Pure functions, the heart; `pipeline` has all sanitizers in it.

Trust: the bytes and the name are hostile. What comes out was written by `reconstruct`, or there is nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.media import canonical_extension, fits
from policies.names import clean_name, renamed
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.detect import detect
from sanitizers.errors import (
    ElsewhereError,
    InputError,
    LimitError,
    MalformedError,
    NotAdmittedError,
    PurseError,
    UnsupportedError,
    reason_of,
)
from sanitizers.formats.resample import resampled
from sanitizers.model import NOT_MEASURED, Finding, Order, Report, Verdict
from sanitizers.parsers.signatures import MADE_OF_TEXT
from sanitizers.sanitizer import Job, Outcome, Sanitizer

UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps, with some sanitizers or all. What only others can do, one that is not whole leaves undone."""

    sanitizers: Mapping[str, Sanitizer[Any, Any]]  # by media type
    is_whole: bool

    def sanitize(self, untrusted: bytes, order: Order) -> Outcome:
        """The safe copy of a file with its report, or a report that says why there is none. Deterministic.

        Raises ElsewhereError when it, or a member of it, needs a sanitizer that is not among these.
        """
        job = Job(
            order.policy,
            Budget(order.policy.limits),
            order.passwords,
            sha256=order.sha256,
            measures_copy=order.measures_copy,
            _descend=self._member,
        )
        try:
            return self._run(untrusted, order.name, order.claimed_type, job)
        except PurseError as error:
            return _withheld(untrusted, order.name, job, error)

    def _member(self, untrusted: bytes, path: str, container: Job) -> Outcome:
        """A member through the same steps on the same purse. PurseError goes up: it ends the whole file."""
        job = Job(container.policy, container.budget.deeper(), container.passwords, _descend=self._member)
        folder, _, base = path.rpartition("/")
        return self._run(untrusted, base, None, job, folder + "/" if folder else "")

    def _run(self, untrusted: bytes, name: str, claimed_type: str | None, job: Job, folder: str = "") -> Outcome:
        # first: what is read next is in the caches then
        digest = job.sha256 = job.sha256 or hashlib.sha256(untrusted).hexdigest()
        try:
            if len(untrusted) > job.policy.limits.max_input_bytes:
                raise LimitError(f"{len(untrusted)} bytes")
            cleaned = clean_name(name)
            for vector, detail in cleaned.findings:
                job.found(vector, "(name)", detail=detail, at_least=Action.REWRITE)
            detection = detect(untrusted, cleaned.name, claimed_type)
            job.media_type = detection.media_type
            for vector, where, detail in detection.findings:
                job.found(vector, where, detail=detail)
            data = self._rebuild(untrusted, job)
            released = _released_name(cleaned.name, job.copy_type or job.media_type)
            if data != untrusted or released != cleaned.name:  # else that has just been asked
                _require_known(data, released, job.copy_type or job.media_type)
        except PurseError:
            raise
        except InputError as error:
            return _withheld(untrusted, folder + clean_name(name).name, job, error)
        findings = job.told()
        changed = any(finding.action > Action.KEEP for finding in findings) or any(
            member.verdict is not Verdict.CLEAN for member in job.members
        )
        report = Report(
            verdict=Verdict.SANITIZED if changed else Verdict.CLEAN,
            media_type=job.media_type,
            sha256_in=digest,
            sha256_out=hashlib.sha256(data).hexdigest() if job.measures_copy else NOT_MEASURED,
            name=folder + released,
            findings=findings,
            members=tuple(job.members),
            rebuild=job.rebuilt or job.rebuild,
            copy_type=job.copy_type,
        )
        return Outcome(report, data)

    def _rebuild(self, untrusted: bytes, job: Job) -> bytes:
        sanitizer = self.sanitizers.get(job.media_type)
        if sanitizer is None:
            raise UnsupportedError(job.media_type) if self.is_whole else ElsewhereError(job.media_type)
        if not job.policy.admits(job.media_type):
            raise NotAdmittedError(job.media_type)
        data = sanitizer.reconstruct(sanitizer.disarm(sanitizer.parse(untrusted, job.budget), job))
        data = resampled(data, job.copy_type or job.media_type, job)
        if len(data) > job.policy.limits.max_output_bytes:
            raise LimitError(f"{len(data)} bytes to write")
        return data


def by_type(sanitizers: Sequence[Sanitizer[Any, Any]]) -> Mapping[str, Sanitizer[Any, Any]]:
    """The one sanitizer of each media type."""
    return {media_type: sanitizer for sanitizer in sanitizers for media_type in sanitizer.media_types}


def _require_known(data: bytes, name: str, media_type: str) -> None:
    """Raise MalformedError for a copy that readers would take for something else.

    Text has no signature: rubbish that just passes for letters may no longer do so once its worst is taken out.
    """
    if media_type not in MADE_OF_TEXT:
        return
    try:
        found = detect(data, name, None).media_type
    except InputError as error:
        raise MalformedError("a copy that is no text any more") from error
    if found != media_type:
        raise MalformedError(f"a copy that would be taken for {found}")


def _withheld(untrusted: bytes, name: str, job: Job, error: InputError) -> Outcome:
    reason = reason_of(error)
    report = Report(
        verdict=Verdict.FAILED if reason.is_ours else Verdict.BLOCKED,
        media_type=job.media_type or UNKNOWN_TYPE,
        sha256_in=job.sha256 or hashlib.sha256(untrusted).hexdigest(),
        sha256_out=None,
        name=name,
        findings=job.told() + _refused(error),
        members=tuple(job.members),
        reason=reason,
    )
    return Outcome(report, None)


def _refused(error: InputError) -> tuple[Finding, ...]:
    """The catalogue's row that the refusal rests on, unless the job has it already."""
    return (Finding(error.vector.id, "(file)", Action.BLOCK),) if error.vector else ()


def _released_name(name: str, media_type: str) -> str:
    stem, _, extension = name.rpartition(".")
    return name if stem and fits(media_type, extension) else renamed(name, canonical_extension(media_type))
