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
        (".a , #b > rect:nth-child(2n+1) { fill : #FF00aa ; }", ".a , #b &gt; rect:nth-child(2n+1){fill:#FF00aa}"),
        (
            ".a{font:11px 'MS Gothic',\"Meiryo\"!important}",
            ".a{font:11px 'MS Gothic','Meiryo'!important}",
        ),
        (
            ".a{fill:url('#g');transform:rotate(calc(1deg + 2deg))}",
            ".a{fill:url(#g);transform:rotate(calc(1deg + 2deg))}",
        ),
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
        ("a[href]{fill:red}", "SVG-06"),
        ("@keyframes x{from{opacity:0}}", "SVG-06"),
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
        ("--x:var(--y)var(--y)", "SVG-06"),
        ("--x:{a:b}", "SVG-06"),
        ("--\\31:1", "SVG-06"),
        (f"--x:{'a ' * 101}", "SVG-06"),
        ("animation:x 1s", "SVG-06"),
        ("fill:var(x)", "SVG-06"),
        ("fill:var(--x red)", "SVG-06"),
        ("font-family:'&lt;/style>'", "SVG-06"),
        ("src:local(x)", "SVG-06"),
        ("-inkscape-font-specification:Sans", "SVG-12"),
    ],
)
def test_other_declarations_are_left_out(declaration, vector):
    outcome = clean(f'<rect style="opacity:.5;{declaration};stroke:red"/>')

    assert inside(outcome) == '<rect style="opacity:.5;stroke:red"/>'
    assert vector in vectors(outcome)


@pytest.mark.parametrize(
    "value",
    [
        "var(--main)",
        "var(--main, #123)",
        "light-dark(red, blue)",
        "#CD853F icc-color(acme, 0.11, 0.48)",
        "light-dark(rgb(1, 2, 3), var(--x, rgb(1, 2, 3)))",
    ],
)
def test_variables_and_choices_stay_for_the_viewer_to_make(value):
    """Programs that export dark and light in one drawing, such as draw.io, write every colour so."""
    outcome = clean(f'<g style="color-scheme:light dark;--main:#123"><rect fill="{value}" style="stroke:{value}"/></g>')

    assert inside(outcome) == (
        f'<g style="color-scheme:light dark;--main:#123"><rect fill="{value}" style="stroke:{value}"/></g>'
    )
    assert vectors(outcome) == set()


def test_rules_for_the_screen_go_on_and_others_do_not():
    text = "@media screen{.a{fill:red} .b{fill:blue}} @media print{.a{fill:black}}"

    assert inside(clean(sheet(text))) == sheet(".a{fill:red}\n.b{fill:blue}")
    assert inside(clean('<style media="print">.a{fill:red}</style>')) == ""


@pytest.mark.parametrize("address", ["http://example.com/a#b", "u\\72l.svg", "data:image/svg+xml,x", "  'file:///a'  "])
def test_a_paint_from_elsewhere_is_no_paint(address):
    assert inside(clean(f'<rect style="fill:url({address})" stroke="url({address})"/>')) == (
        '<rect style="fill:none" stroke="none"/>'
    )


def test_styles_without_end_are_refused():
    assert clean(sheet(".a{fill:red}" * 400_000)).report.reason is Reason.LIMIT
