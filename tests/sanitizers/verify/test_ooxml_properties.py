"""Whatever is done to a good package, the judge answers; and what it accepts holds nothing of a deny-list."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.model import Policy
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.forge import Package, Relation
from tests.sanitizers.ooxml.vector import BASES
from tests.sanitizers.verify.damage import hurt
from tests.sanitizers.verify.test_ooxml_mutants import TYPES, copy_of

POLICY = Policy(name="test")
PIECES = [
    *(
        "<w:object/>",
        "<w:altChunk/>",
        "<w:p/>",
        "<w:r>",
        "</w:r>",
        "<a:hlinkHover/>",
        "<controls/>",
        "<!-- -->",
        "<?a?>",
    ),
    *(
        "<w:instrText>DDEAUTO a</w:instrText>",
        "<f>cmd|'a'!A0</f>",
        "<![CDATA[a]]>",
        "<!DOCTYPE a>",
        "&a;",
        "&#0;",
        "\0",
    ),
    *(' r:link="rId1"', ' macro="a"', ' action="ppaction://program"', ' href="javascript:a"', ' xmlns="urn:a"'),
    *('<w:fldChar w:fldCharType="begin"/>', '<w:fldChar w:fldCharType="end"/>', "DDE a", "file://a", "\\\\a\\b"),
]
DENIED = re.compile(
    rb"(?i)<!DOCTYPE|<w:object|<w:altChunk|<controls|<oleObjects|hlinkHover|<w:instrText[^>]*>\s*DDE|<f[^>]*>[^<]*\|"
    rb"|macro=\"[^\"]|ppaction://(?:program|macro|ole)|r:link=|href=\"(?:javascript|file)|TargetMode=\"External\"[^>]*file:"
)


@st.composite
def changed(draw: st.DrawFn) -> tuple[bytes, str]:
    """A good copy with one to three changes to its parts, relationships or types."""
    base = draw(st.sampled_from(sorted(TYPES)))
    package = Package.read(copy_of(base))
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(sorted(package.parts)))
        match draw(st.sampled_from(("piece", "cut", "type", "relation"))):
            case "piece":
                data = package.parts[name]
                at = draw(st.integers(0, len(data)))
                package.parts[name] = data[:at] + draw(st.sampled_from(PIECES)).encode() + data[at:]
            case "cut":
                data = package.parts[name]
                at = draw(st.integers(0, len(data)))
                package.parts[name] = data[:at] + data[at + draw(st.integers(1, 40)) :]
            case "type":
                package.types[name] = draw(st.sampled_from(sorted(package.types.values())))
            case _:
                kinds = sorted({r.kind for relations in package.relations.values() for r in relations.values()})
                target = draw(st.sampled_from(("/" + name, "../../a", "file:///a", "https://example.jp/", "#a", "")))
                new = Relation(draw(st.sampled_from(kinds)), target, draw(st.booleans()))
                source = draw(st.sampled_from(sorted(package.relations)))
                package.relations[source]["rId77"] = new
    return package.build(), TYPES[base]


@given(changed())
@settings(max_examples=400, deadline=None)
def test_what_is_accepted_holds_nothing_that_is_denied(case):
    data, media_type = case
    if judge(data, media_type, POLICY).accepted:
        copy = Package.read(data)
        for name, content in copy.parts.items():
            assert not (name.endswith((".xml", ".vml")) and DENIED.search(content)), name
        for relations in copy.relations.values():
            assert not any(
                r.is_external and not r.target.startswith(("http", "mailto:", "#")) for r in relations.values()
            )


@given(st.sampled_from(sorted(BASES)).flatmap(lambda base: st.tuples(hurt([copy_of(base)]), st.just(TYPES[base]))))
@settings(max_examples=300, deadline=None)
def test_any_bytes_get_an_opinion(case):
    data, media_type = case

    opinion = judge(data, media_type, POLICY)

    assert opinion == judge(data, media_type, POLICY)
