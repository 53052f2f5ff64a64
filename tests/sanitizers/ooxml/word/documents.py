"""Word documents in a few readable lines, and what the whole pipeline makes of them."""

import io
import zipfile

from lxml import etree

from policies.load import load_policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize

W_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R_SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = f"{{{W_SPACE}}}"
SPACES = (
    f'xmlns:w="{W_SPACE}" xmlns:r="{R_SPACE}" xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
DOCUMENT_RELATIONS = R_SPACE + "/"
WORD_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml."
PARTS = {  # relationship: place, root, content type
    "header": ("header1.xml", "hdr", "header+xml"),
    "footnotes": ("footnotes.xml", "footnotes", "footnotes+xml"),
    "comments": ("comments.xml", "comments", "comments+xml"),
    "settings": ("settings.xml", "settings", "settings+xml"),
    "styles": ("styles.xml", "styles", "styles+xml"),
}
EXTENDED = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea7356981"
    "0000000049454e44ae426082"
)


def paragraph(*runs, properties=""):
    return f"<w:p>{properties}{''.join(runs)}</w:p>"


def run(text, properties=""):
    return f'<w:r>{properties and f"<w:rPr>{properties}</w:rPr>"}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field(instruction, result):
    marks = [f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")]
    return f"{marks[0]}<w:r><w:instrText>{instruction}</w:instrText></w:r>{marks[1]}{run(result)}{marks[2]}"


def docx(body, *, links=(), files=None, extended="", **parts):
    """A package of this body: `parts` by relationship, `links` as (id, address), `files` as id: (type, name, data)."""
    members, overrides, relations = {}, [], []

    def add(name, kind, data, relation="", identifier=""):
        members["word/" + name] = data
        if kind:
            overrides.append(f'<Override PartName="/word/{name}" ContentType="{kind}"/>')
        if relation:
            relations.append(f'<Relationship Id="{identifier or name}" Type="{relation}" Target="{name}"/>')

    add("document.xml", WORD_TYPES + "document.main+xml", f"<w:document {SPACES}><w:body>{body}</w:body></w:document>")
    for relation, content in parts.items():
        name, root, kind = PARTS[relation]
        add(
            name, WORD_TYPES + kind, f"<w:{root} {SPACES}>{content}</w:{root}>", DOCUMENT_RELATIONS + relation, relation
        )
    if extended:
        content = f"<w15:commentsEx {SPACES}>{extended}</w15:commentsEx>"
        add("commentsExtended.xml", WORD_TYPES + "commentsExtended+xml", content, EXTENDED, "extended")
    for identifier, (relation, name, data) in (files or {}).items():
        add(name, "", data, relation if ":" in relation else DOCUMENT_RELATIONS + relation, identifier)
    relations += [
        f'<Relationship Id="{identifier}" Type="{DOCUMENT_RELATIONS}hyperlink" Target="{url}" TargetMode="External"/>'
        for identifier, url in links
    ]
    space = "http://schemas.openxmlformats.org/package/2006"
    members["word/_rels/document.xml.rels"] = (
        f'<Relationships xmlns="{space}/relationships">{"".join(relations)}</Relationships>'
    )
    main = f'<Relationship Id="r" Type="{DOCUMENT_RELATIONS}officeDocument" Target="word/document.xml"/>'
    members["_rels/.rels"] = f'<Relationships xmlns="{space}/relationships">{main}</Relationships>'
    defaults = "".join(
        f'<Default Extension="{extension}" ContentType="{kind}"/>'
        for extension, kind in (
            ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
            *(("xml", "application/xml"), ("png", "image/png"), ("bin", "application/vnd.ms-office.activeX")),
            ("htm", "text/html"),
        )
    )
    types = f'<Types xmlns="{space}/content-types">{defaults}{"".join(overrides)}</Types>'
    return zipped({"[Content_Types].xml": types, **members})


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


class Copy:
    """The copy of a document, and what was told about it; a second pass has found nothing and changed nothing."""

    def __init__(self, data, policy="default", name="a.docx"):
        order = Order(name=name, policy=load_policy(policy) if isinstance(policy, str) else policy)
        outcome = sanitize(data, order)
        self.report, self.data = outcome.report, outcome.data
        assert self.data is not None, self.report
        again = sanitize(self.data, order)
        assert again.data == self.data
        assert again.report.verdict.value == "clean", again.report.findings
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}

    @property
    def vectors(self):
        """Those met, without what every document tells."""
        told = {finding.vector for finding in self.report.findings if finding.action > 0}
        return told - {"ZIP-18", "ZIP-24", "OOXML-29"}

    def part(self, name="document.xml"):
        return etree.fromstring(self.members["word/" + name])

    def text(self, name="document.xml"):
        return "".join(element.text or "" for element in self.part(name).iter(W + "t", W + "delText"))

    def names(self, name="document.xml"):
        return {element.tag.rpartition("}")[2] for element in self.part(name).iter()}
