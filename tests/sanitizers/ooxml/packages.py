"""Small Office packages, built part by part, with harmless payloads."""

import io
import zipfile
from dataclasses import dataclass, field

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
X = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
SPACES = f'xmlns:w="{W}" xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}" xmlns:mc="{MC}"'

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
PPTM = "application/vnd.ms-powerpoint.presentation.macroEnabled.12"


@dataclass
class Parts:
    """Parts by name: content type and data; relationships by source: (id, type, target, mode)."""

    parts: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    relations: dict[str, list[tuple[str, str, str, str]]] = field(default_factory=dict)

    def put(self, name: str, content_type: str, data: str | bytes) -> "Parts":
        self.parts[name] = (content_type, data.encode() if isinstance(data, str) else data)
        return self

    def relate(self, source: str, kind: str, target: str, *, id: str = "", external: bool = False) -> "Parts":
        rows = self.relations.setdefault(source, [])
        full = kind if ":" in kind else OFFICE + kind
        rows.append((id or f"rId{len(rows) + 1}", full, target, "External" if external else ""))
        return self

    def data(self) -> bytes:
        """The package as bytes."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", self._types())
            for source in self.relations:
                folder, _, base = source.rpartition("/")
                archive.writestr(f"{folder}/_rels/{base}.rels".lstrip("/"), self._rels(source))
            for name, (_, data) in self.parts.items():
                archive.writestr(name, data)
        return out.getvalue()

    def _types(self) -> str:
        rows = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (kind, _) in self.parts.items())
        rels = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{rels}{rows}</Types>'

    def _rels(self, source: str) -> str:
        rows = "".join(
            f'<Relationship Id="{id}" Type="{kind}" Target="{target}"' + (f' TargetMode="{mode}"/>' if mode else "/>")
            for id, kind, target, mode in self.relations[source]
        )
        return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def docx(body: str, kind: str = DOCX) -> Parts:
    """A Word document with this mark-up in its body."""
    document = f"<w:document {SPACES}><w:body>{body}</w:body></w:document>"
    return (
        Parts().put("word/document.xml", f"{kind}.main+xml", document).relate("", "officeDocument", "word/document.xml")
    )


def pptx(tree: str, kind: str = PPTX) -> Parts:
    """A presentation of one slide with this mark-up in its tree of shapes."""
    main = f'<p:presentation {SPACES}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>'
    slide = f"<p:sld {SPACES}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>"
    return (
        Parts()
        .put("ppt/presentation.xml", f"{kind.removesuffix('.12')}.main+xml", main)
        .put(
            "ppt/slides/slide1.xml",
            "application/vnd.openxmlformats-officedocument.presentationml.slide+xml",
            slide,
        )
        .relate("", "officeDocument", "ppt/presentation.xml")
        .relate("ppt/presentation.xml", "slide", "slides/slide1.xml")
    )


def members(data: bytes) -> dict[str, bytes]:
    """The members of a package by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
