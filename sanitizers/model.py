"""What is said about a file: Order, Finding, Report, Opinion. Frozen; none of the file's bytes."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason

MAX_DETAIL_CHARS: Final = 200
MAX_WHERE_CHARS: Final = 300
NOT_MEASURED: Final = "0" * 64  # stands for the digest of a copy that whoever takes it measures itself


class Verdict(StrEnum):
    """What became of a file."""

    CLEAN = "clean"  # released; nothing was taken out
    SANITIZED = "sanitized"  # released; something was rewritten or removed
    BLOCKED = "blocked"  # withheld: the policy or the format's rules refuse it
    FAILED = "failed"  # withheld: our side could not finish

    @property
    def is_released(self) -> bool:
        """Whether bytes go on."""
        return self in (Verdict.CLEAN, Verdict.SANITIZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker is told about a file: claims to be checked, and the policy to be kept."""

    name: str  # as claimed by the sender; a hint, never trusted
    policy: Policy
    claimed_type: str | None = None  # media type as claimed by the sender
    sha256: str | None = None  # of the file, where the gateway has computed it already
    passwords: tuple[str, ...] = field(default=(), repr=False)
    measures_copy: bool = True  # False: the report says NOT_MEASURED instead of the copy's digest


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in one file where a vector was met, with what was done about it."""

    vector: str  # Vector.id
    where: str  # "/Root/OpenAction", "word/document.xml:41"; a member: "a.zip!/b.pdf"
    action: Action
    detail: str = ""  # printable, at most 200 characters, never raw input
    count: int = 1  # places told as one finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a worker says of one file. Withheld exactly when `reason` is set."""

    verdict: Verdict
    media_type: str  # as detected, never as claimed; "application/octet-stream" when nothing was
    sha256_in: str
    sha256_out: str | None  # None exactly when withheld
    name: str = ""  # the name the copy should have; a member: its path in the container
    findings: tuple[Finding, ...] = ()
    members: tuple["Report", ...] = ()
    reason: Reason | None = None  # set exactly when withheld
    rebuild: Rebuild | None = None  # how deep the copy was rebuilt; None exactly when withheld
    copy_type: str | None = None  # media type of the copy, where it is another than the file's (HEIC becomes JPEG)

    def __post_init__(self) -> None:
        withheld = not self.verdict.is_released
        assert withheld == (self.sha256_out is None) == (self.reason is not None) == (self.rebuild is None)
        assert self.reason is None or (self.verdict is Verdict.FAILED) == self.reason.is_ours
        assert self.copy_type is None or not withheld

    @property
    def released_type(self) -> str:
        """The media type that the copy has."""
        return self.copy_type or self.media_type


class Check(StrEnum):
    """The judge's own checks: the verifier codes of the threat catalogue, section 1."""

    MAGIC = "V-MAGIC"
    ZIP = "V-ZIP"
    IMAGE = "V-IMG"
    TEXT = "V-TXT"
    TABLE = "V-CSV"
    XML = "V-XML"
    TYPES = "V-CT"  # content types of a package
    REL = "V-REL"
    FIELD = "V-FLD"
    FORMULA = "V-FML"
    URL = "V-URL"
    PDF = "V-PDF"
    LIMITS = "V-RES"
    NAME = "V-NAME"
    TYPE = "V-TYPE"  # no check is written for this type


@dataclass(frozen=True, slots=True)
class Opinion:
    """The judge's word on a rebuilt file. Without `accepted`, nothing is released."""

    accepted: bool
    check: Check | None = None  # the check that refused; None exactly when accepted
    where: str = ""  # "marker 0xE1 at 20"; a member: "a.zip!/b.png: ..."

    def __post_init__(self) -> None:
        assert self.accepted == (self.check is None)
