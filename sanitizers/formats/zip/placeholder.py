"""The text that stands where a member was withheld: what it was, and why it is gone. Fixed words, but for a name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.catalogue import CATALOGUE
from policies.terms import Action
from sanitizers.errors import Reason
from sanitizers.model import Report

_WORDS: Final[Mapping[Reason, tuple[str, str]]] = MappingProxyType(
    {
        Reason.EMPTY: (
            "空のファイルか、マクロなどの危険な部分を除くと中身が残らないファイルでした",
            "it was empty, or nothing is left of it without what is unsafe, such as macros",
        ),
        Reason.MALFORMED: (
            "壊れているか、形式の決まりに合っていません",
            "it is damaged, or breaks the rules of its format",
        ),
        Reason.UNSUPPORTED: (
            "この種類のファイルは、まだ無害化できません",
            "files of this kind cannot be made safe yet",
        ),
        Reason.ENCRYPTED: ("パスワードがないと開けません", "it cannot be opened without its password"),
        Reason.LIMIT: ("大きさなどの上限を超えています", "it exceeds a limit, such as that of size"),
        Reason.FORBIDDEN_TYPE: (
            "プログラムやショートカットなど、受け取れない種類のファイルです",
            "it is of a kind that is never taken in, such as a program or a shortcut",
        ),
        Reason.NOT_ADMITTED: (
            "この宛先では受け取らない種類のファイルです",
            "it is of a kind that is not taken in here",
        ),
        Reason.DISGUISED: ("名前と中身が食い違っています", "its name and its content contradict each other"),
        Reason.POLICY: ("受け取れない内容を含んでいます", "it holds what is not taken in here"),
    }
)
_OTHERWISE: Final = ("無害化を終えられませんでした", "it could not be made safe")


def placeholder(name: str, reason: Reason, vector: str = "") -> bytes:
    """Plain UTF-8 text, Japanese first. `name` has been cleaned; `vector` is the ID of the row that refused it."""
    japanese, english = _WORDS.get(reason, _OTHERWISE)
    row = f" ({vector})" if vector in CATALOGUE else ""
    lines = (
        "このファイルは無害化のときに取り除かれました。",
        f"元の名前: {name}",
        f"理由: {japanese}{row}",
        "",
        "This file was taken out when the archive was made safe.",
        f"Original name: {name}",
        f"Reason: {english}{row}",
        "",
    )
    return "\r\n".join(lines).encode()


def refusing_vector(report: Report) -> str:
    """The ID of the vector that a withheld member was blocked for, or ""."""
    return next((found.vector for found in reversed(report.findings) if found.action is Action.BLOCK), "")
