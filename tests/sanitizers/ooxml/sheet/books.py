"""Small workbooks, built from the mark-up of their sheets, and what a rebuild makes of them."""

import io
import re
import zipfile
from dataclasses import dataclass

from policies.model import Policy
from sanitizers.model import Order, Report
from sanitizers.pipeline import sanitize
from sanitizers.registry import SANITIZERS
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.packages import XLSX, Parts, R, X

POLICY = Policy(name="test", admit=frozenset(name for sanitizer in SANITIZERS for name in sanitizer.media_types))
SML = "application/vnd.openxmlformats-officedocument.spreadsheetml."


def sheet(rows: str, *, head: str = "", tail: str = "", prefix: str = "", extra: str = "") -> str:
    """A worksheet with these rows."""
    p = f"{prefix}:" if prefix else ""
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    inside = f"{head}<{p}sheetData>{rows}</{p}sheetData>{tail}"
    return f'<{p}worksheet {name}="{X}" xmlns:r="{R}"{extra}>{inside}</{p}worksheet>'


def book(*sheets: str, names: str = "", extra: str = "", attributes: str = "") -> Parts:
    """A workbook of worksheets called S1, S2 …"""
    rows = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in range(1, len(sheets) + 1))
    defined = f"<definedNames>{names}</definedNames>" if names else ""
    main = f'<workbook xmlns="{X}" xmlns:r="{R}">{attributes}<sheets>{rows}</sheets>{defined}{extra}</workbook>'
    parts = Parts().put("xl/workbook.xml", XLSX + ".main+xml", main).relate("", "officeDocument", "xl/workbook.xml")
    for number, text in enumerate(sheets, 1):
        parts.put(f"xl/worksheets/sheet{number}.xml", SML + "worksheet+xml", text)
        parts.relate("xl/workbook.xml", "worksheet", f"worksheets/sheet{number}.xml")
    return parts


@dataclass
class Copy:
    """A rebuilt workbook: its report and its parts as text."""

    report: Report
    parts: dict[str, str]
    data: bytes

    @property
    def rows(self) -> str:
        """What stands in the first sheet's sheetData."""
        found = re.search(
            r"<sheetData>(.*)</sheetData>|<sheetData/>", self.parts["xl/worksheets/sheet1.xml"], re.DOTALL
        )
        assert found is not None
        return found[1] or ""

    @property
    def told(self) -> set[str]:
        return {finding.vector for finding in self.report.findings}


def rebuilt(parts: Parts | bytes, name: str = "a.xlsx", policy: Policy = POLICY) -> Copy:
    """The copy, which the judge accepts and which a second pass leaves as it is."""
    data = parts if isinstance(parts, bytes) else parts.data()
    outcome = sanitize(data, Order(name=name, policy=policy))
    assert outcome.data is not None, outcome.report.findings
    opinion = judge(outcome.data, outcome.report.released_type, policy)
    assert opinion.accepted, opinion.where
    again = sanitize(outcome.data, Order(name=outcome.report.name, policy=policy))
    assert again.data == outcome.data
    with zipfile.ZipFile(io.BytesIO(outcome.data)) as archive:
        texts = {n: archive.read(n).decode("utf-8", "replace") for n in archive.namelist()}
    return Copy(outcome.report, texts, outcome.data)
