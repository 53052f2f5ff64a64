"""SVG before the judge: what is accepted, and one small change that is not."""

import base64
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.model import Policy
from sanitizers.model import Check
from sanitizers.verify import css, svg_graph
from sanitizers.verify.judge import judge
from sanitizers.verify.svg_rules import ATTRIBUTES, ELEMENTS
from tests.sanitizers.verify.damage import hurt
from tests.sanitizers.verify.forge import jpeg, png
from tests.sanitizers.verify.forge_pictures import svg

POLICY = Policy(name="test")


def opinion(body: str, attributes: str = ""):
    return judge(svg(body, attributes), "image/svg+xml", POLICY)


def inline(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


GOOD = {
    "shapes": '<g id="a" class="b c"><path d="M0 0h1v.5z" fill="#f00"/><circle cx="1" cy="2" r="3%"/></g>',
    "text": '<text x="1 2 3" xml:space="preserve">拝啓 <tspan font-weight="bold">髙</tspan> &lt;b&gt; &amp; c</text>',
    "names for people": "<title>図１</title><desc>a &lt; b</desc><g><title>tip</title></g>",
    "paints": '<linearGradient id="a"><stop offset="5%" stop-color="red"/></linearGradient><rect fill="url(#a) none"/>',
    "a part used twice": '<symbol id="a"><rect/></symbol><use href="#a"/><use xlink:href="#a"/>',
    "a part of this file that is not there": '<use href="#nothing"/><rect fill="url(#nothing)"/>',
    "ids as a drawing program gives them": '<g id="Group 1 (copy)"/><g id="レイヤー_1"/>',
    "a PNG": f'<image width="1" height="1" href="{inline("png", png())}"/>',
    "a JPEG in a filter": f'<filter id="f"><feImage xlink:href="{inline("jpeg", jpeg())}"/></filter>',
    "a filter": '<filter id="f"><feGaussianBlur stdDeviation="2 3"/><feTurbulence numOctaves="4"/>'
    '<feColorMatrix type="matrix" values="1 0 0 0 0 0 1 0 0 0"/></filter>',
    "a link": '<a href="https://example.invalid/a?b=c&amp;d#e" target="_blank"><rect/></a>',
    "a link to a mailbox": '<a xlink:href="mailto:a@example.invalid"><text>a</text></a>',
    "a link within the file": '<text>a<a href="#b">b</a>c</text>',
    "style": "<rect style=\"fill:rgb(1,2,3);font-family:'MS Gothic', ＭＳ ゴシック;stroke:url(#a)\"/>",
    "a style sheet": "<style>.a,g &gt; #b:hover rect{fill:red;stroke:url('#c')}\n*{opacity:.5!important}</style>",
    "variables, and colours for dark and light": "<style>:root{--a:#fff;color-scheme:light dark}</style>"
    '<rect fill="var(--a)" style="stroke:light-dark(var(--a, red), rgb(1, 2, 3))"/>',
    "an empty style sheet": '<style type="text/css"> </style>',
    "a mask that a rule with ancestors names": '<style>.x path{mask:url(#m)}</style><mask id="m"><path/></mask>',
    "conditions": '<switch><text systemLanguage="ja">a</text><text>b</text></switch>',
}


@pytest.mark.parametrize("name", GOOD)
def test_an_svg_as_it_is_rebuilt_is_accepted(name):
    assert opinion(GOOD[name]).accepted, opinion(GOOD[name]).where


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="9cm" viewBox="0 0 1e3 5" version="1.1"/>',
        b'<?xml version="1.0" encoding="utf-8" standalone="no"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>\n',
        svg(head="") + b"\n",
    ],
)
def test_a_root_may_be_written_so(data):
    assert judge(data, "image/svg+xml", POLICY).accepted


BAD = {
    "two roots": ("</svg><svg>", "not well-formed"),
    "text behind an element that has none": ("<rect/>hidden", "text in svg"),
    "an element in a title": ("<title><rect/></title>", "rect in text"),
    "an element of another namespace": ('<x:a xmlns:x="urn:x"/>', "namespace x"),
    "an attribute of another namespace": ('<g xmlns:x="urn:x" x:a="b"/>', "namespace x"),
    "SVG under a prefix": ('<s:g xmlns:s="http://www.w3.org/2000/svg"/>', "namespace s"),
    "no namespace": ('<g xmlns=""/>', "namespace None"),
    "an unknown element": ("<blink/>", "element blink"),
    "an element in capitals": ("<Rect/>", "element Rect"),
    "an unknown attribute": ('<rect zzz="1"/>', "attribute zzz of rect"),
    "an attribute twice": ('<rect x="1" x="2"/>', "not well-formed"),
    "a section of data": ("<text><![CDATA[a]]></text>", "CDATA"),
    "a byte that is no UTF-8": ("<text>\udcff</text>", "not well-formed"),
    "a control": ("<text>&#27;</text>", "not well-formed"),
    "an address in a number": ('<rect width="http://example.invalid/"/>', "value of width"),
    "a function in a number": ('<rect width="a(b)"/>', "value of width"),
    "markup in an id": ('<rect id="&lt;b&gt;"/>', "id"),
    "a quote in an id": ('<rect id="a&quot;b"/>', "id"),
    "an empty id": ('<rect id=""/>', "id"),
    "markup in a class": ('<rect class="a&lt;b"/>', "class"),
    "an empty address": ('<use href=""/>', "address of use"),
    "an address of no id": ('<use href="#"/>', "address of use"),
    "a picture where none is": (f'<use href="{inline("png", png())}"/>', "address of use"),
    "a picture in letters of another alphabet": ('<image href="data:image/png;base64,_-=="/>', "base64"),
    "a picture in lines": ('<image href="data:image/png;base64,AAAA AAAA"/>', "base64"),
    "a picture with a parameter": ('<image href="data:image/png;a=b;base64,AAAA"/>', "address of image"),
    "a link to a name with a blank": ('<a href="https://example.invalid /"/>', "address of a"),
    "a link in another scheme": ('<a href="ftp://example.invalid/"/>', "address of a"),
    "a link beside the file": ('<a href="a.html"/>', "address of a"),
    "a bracket that stays open": ('<rect fill="rgb(1"/>', "stays open"),
    "a bracket that was not open": ('<rect fill="1)"/>', "not open"),
    "brackets in brackets": (f'<rect fill="{"calc(" * 9}1{")" * 9}"/>', "brackets in brackets"),
    "a quote that stays open": ('<rect fill="\'a"/>', "'a"),
    "a backslash": (r'<rect fill="r\65 d"/>', "fill|style"),
    "a colon in a value": ('<rect fill="a:b"/>', "fill|style"),
    "an element's function": ('<rect fill="element(#a)"/>', "function element"),
    "a rule without braces": ("<style>rect</style>", "rect"),
    "a rule that does not end": ("<style>rect{fill:red</style>", "does not end"),
    "an end without a rule": ("<style>}rect{fill:red}</style>", "style"),
    "a rule for what an attribute says": ("<style>[id]{fill:red}</style>", "style"),
    "a rule for what is written": ("<style>rect::before{fill:red}</style>", "style"),
    "a declaration without a value's name": ("<style>rect{fill red}</style>", "does not end"),
    "an address in a variable": ("<style>rect{--a:url(#b)}</style>", "a variable"),
    "a variable in a variable": ("<style>rect{--a:var(--b) var(--b)}</style>", "a variable"),
    "a variable without measure": (f"<style>rect{{--a:{'b ' * 200}}}</style>", "a variable"),
    "a variable named in an escape": (r"<style>rect{--\61:b}</style>", "style"),
    "markup in a string": ("<style>rect{font-family:'&lt;/style&gt;'}</style>", "style"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_svg_that_differs_in_one_thing_is_refused(name):
    body, reason = BAD[name]

    told = judge(svg("@").replace(b"@", body.encode("utf-8", "surrogateescape")), "image/svg+xml", POLICY)

    assert told.check is Check.XML
    assert re.search(reason, told.where), told.where


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "shift_jis", "utf-7"])
def test_an_encoding_that_another_reader_could_take_otherwise_is_refused(encoding):
    data = svg(head=f'<?xml version="1.0" encoding="{encoding}"?>')

    assert judge(data, "image/svg+xml", POLICY).check is Check.XML
    assert not judge(svg().decode().encode("utf-16"), "image/svg+xml", POLICY).accepted


def test_what_a_reference_draws_is_counted_each_time():
    """SVG-13: 1000 uses of 1000 rectangles may be, 1000 uses of those may not."""
    thousand = '<g id="a">' + "<rect/>" * 1000 + "</g>" + '<g id="b">' + '<use href="#a"/>' * 1000 + "</g>"

    assert opinion(thousand).accepted
    assert opinion(thousand + '<use href="#b"/>' * 1000).check is Check.LIMITS
    assert svg_graph.MOST_DRAWN < 1000**3


def test_a_gradient_is_named_for_nothing():
    colours = '<linearGradient id="a">' + "<stop/>" * 100 + "</linearGradient>"

    assert opinion(colours + '<path fill="url(#a)"/>' * 50_000).accepted


@pytest.mark.parametrize(
    ("rule", "is_circle"),
    [
        ("rect{mask:url(#m)}", True),
        ("*{mask:url(#m)}", True),
        ("#r{mask:url(#m)}", True),
        (".c{mask:url(#m)}", True),
        ("rect.c:hover{mask:url(#m)}", True),
        (".x .c{mask:url(#m)}", True),
        ("svg g + mask > .c{mask:url(#m)}", True),
        ("circle, rect{mask:url(#m)}", True),
        ("circle{mask:url(#m)}", False),
        (".c.d{mask:url(#m)}", False),
        ("g .c{mask:url(#m)}", False),
        ("rect.c circle{mask:url(#m)}", False),
        (".c{fill:red}", False),
    ],
)
def test_a_rule_counts_for_the_elements_it_may_mean(rule, is_circle):
    told = opinion(f'<style>{rule}</style><mask id="m" class="x"><rect id="r" class="c"/></mask>')

    assert told.accepted != is_circle
    assert told.check is (Check.LIMITS if is_circle else None)


def test_a_value_tells_the_ids_that_it_names():
    assert css.value("url(#a) url( '#b' ) rgb(1 2 3 / 50%)", "") == ("a", "b")
    assert css.declarations("fill:red;mask:url(#c);;clip-path:url(#d) ") == ("c", "d")
    assert list(css.sheet("g > a.b, #c:hover{fill:url(#d)}")) == [
        css.Applied("d", frozenset({"a", ".b"}), (frozenset({"g"}),)),
        css.Applied("d", frozenset({"#c"})),
    ]


def test_words_of_the_rules_do_not_contradict():
    assert not {name for name in ATTRIBUTES if name.lower().startswith("on")}
    assert not ELEMENTS & {"script", "foreignObject", "iframe", "embed", "object", "audio", "video", "handler"}


PIECES = [
    *(f"<{name}>" for name in ("g", "a", "text", "style", "title", "script", "foreignObject", "image", "use")),
    *(f"</{name}>" for name in ("g", "a", "text", "style", "title", "script")),
    *(f"<{name}/>" for name in ("rect", "set", "use", "style", "metadata")),
    '<rect onclick="a"/>',
    '<use href="#a"/>',
    '<a href="javascript:a">',
    '<image href="http://a/"/>',
    '<rect style="fill:url(#a)"/>',
    '<rect style="fill:url(//a)"/>',
    *("<!-- -->", "<?a?>", "<![CDATA[a]]>", "&amp;", "&a;", "a{fill:red}", "@import 'a';", " ", "拝", '<g id="a">'),
]
NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/XML/1998/namespace"}


@given(
    hurt([svg(body) for body in GOOD.values()])
    | st.lists(st.sampled_from(PIECES), max_size=8).map(lambda pieces: svg("".join(pieces)))
    | st.tuples(st.sampled_from(sorted(ATTRIBUTES)), st.text(max_size=20)).map(
        lambda pair: (
            svg(f'<rect {pair[0].rpartition(" ")[2]}="{pair[1]}"/>')
            if "&" not in pair[1] and "\ud7ff" not in pair[1]
            else svg()
        )
    )
)
@settings(max_examples=1500)
def test_an_accepted_svg_runs_and_fetches_nothing(data):
    """Held against another walk over the elements, with a deny-list instead of the judge's allow-list."""
    if not judge(data, "image/svg+xml", POLICY).accepted:
        return
    for element in ElementTree.fromstring(data.decode()).iter():
        namespace, _, name = element.tag[1:].partition("}")
        assert namespace in NAMESPACES
        assert name.lower() not in ("script", "foreignobject", "iframe", "embed", "object", "handler", "metadata")
        for key, value in element.attrib.items():
            assert not key.lower().startswith("on")
            plain = re.sub(r"\s", "", value).lower()
            assert not plain.startswith(("javascript:", "vbscript:", "data:text", "file:", "//", "\\\\"))
            if key.endswith("href"):
                assert plain.startswith(("#", "data:image/png;", "data:image/jpeg;", "http://", "https://", "mailto:"))
                assert name == "a" or plain.startswith(("#", "data:image/"))
            if not key.endswith(
                ("href", "label", "title", "description", "describedby", "labelledby", "hidden", "alt")
            ):
                assert not re.search(r"url\((?!['\"]?#)", plain.replace(" ", ""))
        if name == "style":
            assert not re.search(r"@|\\|expression|url\(\s*['\"]?[^#'\"\s]", element.text or "")
