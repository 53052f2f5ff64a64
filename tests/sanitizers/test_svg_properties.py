"""What holds for any drawing: it ends in a copy that is left as it is, or in a refusal; also in a locked child."""

import re
import subprocess
import sys
import textwrap

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from policies.model import Policy
from policies.terms import Action
from sanitizers.model import Verdict
from sanitizers.verify.judge import judge
from tests.sanitizers.drawings import TYPES, clean, drawing
from tests.sanitizers.pictures import corpus

SEEDS = [path.read_bytes() for path in corpus("svg") if path.stat().st_size < 9000]
NAMES = st.sampled_from(
    [
        "g",
        "use",
        "a",
        "text",
        "tspan",
        "style",
        "image",
        "title",
        "script",
        "foreignObject",
        "set",
        "filter",
        "q:g",
        "p",
    ]
)
KEYS = st.sampled_from(
    [
        "id",
        "href",
        "xlink:href",
        "style",
        "fill",
        "class",
        "d",
        "onload",
        "transform",
        "xml:space",
        "q:a",
        "type",
        "media",
    ]
)
PIECES = st.sampled_from(
    [
        *("url(", "url(#a)", "#a", "'", '"', ")", "(", ";", ":", "fill", "red", "1e3", "px", "/*", "*/", "\\", "\\75 "),
        *(
            "@import ",
            "@media ",
            "{",
            "}",
            ".a",
            ",",
            ">",
            "!important",
            "javascript:",
            "data:image/png;base64,",
            "calc(",
        ),
        *("http://x/", "\t", "\n", "\r", " ", "日本", "\u00a0", "--x", "-", "+", "%", "<", "]]>", "&", "expression("),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("\r", "&#13;")
    )


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    """An element with attributes and text of harmful and harmless pieces."""
    name = draw(NAMES)
    keys = draw(st.lists(KEYS, unique=True, max_size=3))
    attributes = "".join(f' {key}="{escaped(draw(TEXTS))}"' for key in keys)
    inside = [escaped(draw(TEXTS))]
    if depth:
        inside += draw(st.lists(elements(depth - 1), max_size=3))
    return f"<{name}{attributes}>{''.join(inside)}</{name}>"


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real file with some bytes changed, a part taken out, put in or doubled."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["change", "cut", "insert", "double"])):
            case "change":
                data[at : at + 1] = bytes([draw(st.integers(0x20, 0x7E))])
            case "cut":
                del data[at : at + draw(st.integers(0, 40))]
            case "insert":
                data[at:at] = draw(TEXTS).encode()
            case "double":
                data[at:at] = data[at : at + draw(st.integers(0, 80))]
    return bytes(data)


def holds(untrusted: bytes) -> None:
    outcome = clean(untrusted)
    if outcome.data is None:
        assert outcome.report.reason is not None
        return
    assert clean(untrusted) == outcome
    again = clean(outcome.data)
    assert again.data == outcome.data
    assert again.report.verdict is Verdict.CLEAN
    assert all(finding.action is Action.KEEP for finding in again.report.findings)
    only_what_may_stay(outcome.data)
    assert judge(outcome.data, "image/svg+xml", Policy(name="test", admit=TYPES)).accepted


def only_what_may_stay(data: bytes) -> None:
    """Asked of the copy by a reader of the test's own."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    assert root.getroottree().docinfo.doctype == ""
    for element in root.iter():
        assert isinstance(element.tag, str)
        assert element.tag.startswith("{http://www.w3.org/2000/svg}")
        assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "set")
        for key, value in element.attrib.items():
            name = key.rpartition("}")[2]
            assert not name.startswith("on")
            if name == "href":
                link = r"https?://|mailto:" if element.tag.endswith("}a") else "data:image/(?:png|jpeg);base64,"
                assert re.match(rf"#|{link}", value)
            if name in ("style", "fill"):
                assert not re.search(r"url\((?!#)|expression|javascript:|\\", value)
        if element.tag.endswith("}style"):
            assert not re.search(r"@import|url\((?!#)|expression|\\", element.text or "")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=elements())
def test_any_drawing_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(body):
    holds(drawing(body, 'xmlns:q="urn:q"'))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(css=TEXTS)
def test_any_style_ends_at_rest(css):
    holds(drawing(f'<style>{escaped(css)}</style><g style="{escaped(css)}" fill="{escaped(css)}"/>'))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged())
def test_any_damaged_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    holds(untrusted)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_carried_over_as_it_is(text):
    text = "".join(c for c in text if c in "\t\n" or 0x20 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE)
    copy = clean(drawing(f"<text>{escaped(text)}</text>")).data

    assert copy is not None
    assert "".join(etree.fromstring(copy).itertext()) == text


def test_a_warm_child_opens_no_file():
    """The worker that a file is given to can open nothing: all that it needs was loaded by warm()."""
    program = """
        import os, resource, sys
        from sanitizers.worker.warmup import sanitizing
        from tests.sanitizers.drawings import clean
        from tests.sanitizers.pictures import corpus

        files = [path.read_bytes() for path in corpus("svg")]
        sanitizing().warm()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            done = sum(clean(untrusted).data is not None for untrusted in files)
            os._exit(0 if done >= 20 else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True
    )

    assert finished.returncode == 0, finished.stderr
