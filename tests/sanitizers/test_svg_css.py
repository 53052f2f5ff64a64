"""CSS in drawings: known properties and values are written anew, the rest is left out."""

import pytest

from sanitizers.errors import Reason
from sanitizers.model import Verdict
from tests.sanitizers.drawings import clean, inside, vectors


def sheet(text: str) -> str:
    return f"<style>{text}</style>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (".a{fill:red}", ".a{fill:red}"),
        (".a , #b > rect:nth-child( 2n+1 ) { fill : #FF00aa ; }", ".a , #b &gt; rect:nth-child(2n+1){fill:#FF00aa}"),
        ("@media print and (min-width:10px){.a{fill:red}}", "@media print and (min-width:10px){.a{fill:red}}"),
        ("@keyframes x{from{opacity:0}50%{opacity:.5}}", "@keyframes x{from{opacity:0} 50%{opacity:.5}}"),
        (".a{font:11px 'MS Gothic',\"Meiryo\"!important}", ".a{font:11px 'MS Gothic','Meiryo'!important}"),
        (
            ".a{fill:url('#g');transform:rotate(calc(1deg + 2deg))}",
            ".a{fill:url(#g);transform:rotate(calc(1deg + 2deg))}",
        ),
        (".a{--main:#123;stroke:var(--main)}", ".a{--main:#123;stroke:var(--main)}"),
        ("<![CDATA[.a > .b{fill:red}]]>", ".a &gt; .b{fill:red}"),
    ],
)
def test_a_plain_sheet_is_carried_over(before, after):
    outcome = clean(sheet(before))

    assert inside(outcome) == sheet(after)
    assert outcome.report.verdict is Verdict.CLEAN


@pytest.mark.parametrize(
    ("text", "vector"),
    [
        ("@import 'http://example.com/a.css';", "SVG-06"),
        ("@\\69mport url(a.css);", "SVG-06"),
        ("@font-face{font-family:x;src:url(http://example.com/f)}", "SVG-05"),
        ("@namespace url(http://example.com/);", "SVG-06"),
        (".a:has(b){fill:red}", "SVG-06"),
        ("} .a{fill:red", "SVG-06"),
        ("<!-- .a{fill:red} -->", "XML-12"),
    ],
)
def test_other_rules_are_left_out(text, vector):
    outcome = clean(sheet(text))

    assert vector in vectors(outcome)
    assert "example" not in inside(outcome)
    assert "import" not in inside(outcome)


@pytest.mark.parametrize(
    ("declaration", "vector"),
    [
        ("width:expression(alert(1))", "SVG-06"),
        ("width:expr/**/ession(alert(1))", "SVG-06"),
        ("width:e\\78pression(alert(1))", "SVG-06"),
        ("behavior:url(a.htc)", "SVG-06"),
        ("-moz-binding:url(a.xml#b)", "SVG-06"),
        ("background:url(http://example.com/a.png)", "SVG-05"),
        ("cursor:url(data:image/png;base64,x),auto", "SVG-03"),
        ("--x:url(#a)", "SVG-05"),
        ("font-family:'&lt;/style>'", "SVG-06"),
        ("src:local(x)", "SVG-06"),
        ("-inkscape-font-specification:Sans", "SVG-12"),
    ],
)
def test_other_declarations_are_left_out(declaration, vector):
    outcome = clean(f'<rect style="opacity:.5;{declaration};stroke:red"/>')

    assert inside(outcome) == '<rect style="opacity:.5;stroke:red"/>'
    assert vector in vectors(outcome)


@pytest.mark.parametrize("address", ["http://example.com/a#b", "u\\72l.svg", "data:image/svg+xml,x", "  'file:///a'  "])
def test_a_paint_from_elsewhere_is_no_paint(address):
    assert inside(clean(f'<rect style="fill:url({address})" stroke="url({address})"/>')) == (
        '<rect style="fill:none" stroke="none"/>'
    )


def test_styles_without_end_are_refused():
    assert clean(sheet(".a{fill:red}" * 400_000)).report.reason is Reason.LIMIT
