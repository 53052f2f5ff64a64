"""Mutants of SVG, EMF and WMF, keyed by vector as in mutants.py."""

import base64
import struct
import zlib

from sanitizers.model import Check
from tests.sanitizers.verify.forge import jpeg, png
from tests.sanitizers.verify.forge_pictures import (
    dib,
    emf,
    emf_bitmap,
    emf_end,
    emf_font,
    emf_record,
    emf_text,
    gif,
    placeable,
    svg,
    wmf,
    wmf_bitmap,
    wmf_record,
)
from tests.sanitizers.verify.mutant import Mutant

SVG, EMF, WMF = "image/svg+xml", "image/emf", "image/wmf"
_SCRIPT = "javascript:alert(1)"


def _svg(vector: str, what: str, body: str, check: Check = Check.XML) -> Mutant:
    return Mutant(vector, what, SVG, svg(body), check)


def _style(what: str, sheet: str) -> Mutant:
    return _svg("SVG-06", what, f"<style>{sheet}</style>")


def _emf(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, EMF, data, check)


def _wmf(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, WMF, data, check)


def _inline(kind: str, data: bytes) -> str:
    return f'<image href="data:image/{kind};base64,{base64.b64encode(data).decode()}"/>'


_METAFILES = (
    _emf("IMG-37", "a bitmap of 20000 x 20000", emf(emf_bitmap(dib(20000, 20000, pixels=b""))), Check.LIMITS),
    _wmf("IMG-31", "an escape that aborts printing", wmf(wmf_record(0x0626, 9, 4, data=b"\xcc\xc3\x90\x90"))),
    _wmf("IMG-31", "an escape with a comment", wmf(wmf_record(0x0626, 15, 4, data=b"EMF+"))),
    _wmf("IMG-31", "an unknown function", wmf(wmf_record(0x0105, 1))),
    _wmf("IMG-31", "a record beyond the file", wmf(struct.pack("<IH", 0x7FFFFFFF, 0x1E))),
    _wmf("IMG-31", "a record of no length", wmf(struct.pack("<IH", 0, 0x1E))),
    _wmf("IMG-31", "an object that is not there", wmf(wmf_record(0x012D, 2))),
    _wmf("IMG-31", "another size in the header", wmf(size=99)),
    _wmf("IMG-31", "another largest record in the header", wmf(largest=99)),
    _wmf("IMG-31", "records behind the end", wmf(end=wmf_record(0) + wmf_record(0x1E))),
    _wmf("IMG-31", "something behind a font's name", wmf(wmf_record(0x02FB, *[0] * 9, data=b"Arial\0hidden"))),
    _wmf("IMG-31", "a bitmap of another size", wmf(wmf_bitmap(dib() + b"\0\0"))),
    _wmf("IMG-31", "a handle in the placeable header", wmf(before=placeable(handle=1))),
    _wmf("IMG-31", "a wrong check sum", wmf(before=placeable(wrong=1))),
    _emf("IMG-32", "a comment", emf(emf_record(70, struct.pack("<I", 8) + b"GDICtext"))),
    _emf("IMG-32", "EMF+", emf(emf_record(70, struct.pack("<I", 16) + b"EMF+" + bytes(12)))),
    _emf("IMG-32", "an escape", emf(emf_record(106, struct.pack("<II", 9, 0)))),
    _emf("IMG-32", "an escape to a driver", emf(emf_record(110, bytes(16)))),
    _emf("IMG-32", "an escape that draws", emf(emf_record(105, bytes(16)))),
    _emf("IMG-32", "OpenGL", emf(emf_record(102, bytes(8)))),
    _emf("IMG-32", "OpenGL in the header", emf(open_gl=1)),
    _emf("IMG-32", "a description", emf(words=b"a\0b\0\0\0\0\0", description=(4, 108))),
    _emf("IMG-32", "a description that the header does not tell", emf(words=b"a\0b\0\0\0\0\0")),
    _emf("IMG-32", "an unknown record", emf(emf_record(200))),
    _emf("IMG-32", "a record of no length", emf(struct.pack("<II", 33, 0))),
    _emf("IMG-32", "a record beyond the file", emf(struct.pack("<II", 33, 0x7FFFFFF8))),
    _emf("IMG-32", "an object that is not there", emf(emf_record(37, struct.pack("<I", 4)))),
    _emf("IMG-32", "another count in the header", emf(count=9)),
    _emf("IMG-32", "another length in the header", emf(length=9)),
    _emf("IMG-32", "records behind the end", emf(end=emf_end() + emf_record(33))),
    _emf("IMG-32", "a text beyond its record", emf(emf_text(letters=1 << 20))),
    _emf("IMG-32", "something behind a text", emf(emf_text(padding=b"xy"))),
    _emf(
        "IMG-32",
        "something behind a font's name",
        emf(emf_record(82, struct.pack("<I", 1) + emf_font(behind=b"hidden"))),
    ),
    _emf("IMG-32", "a bitmap of another size", emf(emf_bitmap(dib() + bytes(4)))),
    _emf("IMG-32", "a bitmap elsewhere", emf(emf_bitmap(dib(), offset=84))),
    _emf("IMG-32", "a JPEG in a bitmap", emf(emf_bitmap(dib(compression=4)))),
    _emf(
        "IMG-32", "a circle of more points than there are", emf(emf_record(3, bytes(16) + struct.pack("<I", 1 << 30)))
    ),
    _emf("IMG-33", "a profile's name", emf(emf_record(112, bytes(16)))),
    _emf("IMG-33", "a profile's name in UTF-16", emf(emf_record(113, bytes(16)))),
    _emf("IMG-33", "a colour space", emf(emf_record(99, bytes(336)))),
    _emf("IMG-33", "a colour space in UTF-16", emf(emf_record(122, bytes(600)))),
    _emf("IMG-33", "a colour space is chosen", emf(emf_record(100, struct.pack("<I", 1)))),
    _emf("IMG-33", "colours matched to a target", emf(emf_record(121, bytes(24)))),
)

_USE_BOMB = "".join(f'<g id="a{n}">{f"""<use href="#a{n - 1}"/>""" * 10 if n else "<rect/>"}</g>' for n in range(10))
_SVGS = (
    _svg("SVG-01", "a script", "<script>alert(1)</script>"),
    _svg("SVG-01", "a script of another file", '<script href="a.js"/>'),
    _svg("SVG-01", "a script under another prefix", '<s:script xmlns:s="http://www.w3.org/2000/svg"/>'),
    _svg("SVG-01", "a script of HTML", '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>'),
    _svg("SVG-02", "a handler", '<rect onclick="alert(1)"/>'),
    _svg("SVG-02", "a handler in capitals", '<rect onLoad="alert(1)"/>'),
    Mutant("SVG-02", "a handler on the root", SVG, svg(attributes='onload="alert(1)"'), Check.XML),
    _svg("SVG-03", "a link that runs", f'<a href="{_SCRIPT}"><rect/></a>'),
    _svg(
        "SVG-03", "a link that runs, spelled with a line feed", '<a xlink:href="java&#10;script:alert(1)"><rect/></a>'
    ),
    _svg("SVG-03", "a page in a link", '<a href="data:text/html,hello"><rect/></a>'),
    _svg("SVG-03", "a drawing in a drawing", _inline("svg+xml", svg())),
    _svg("SVG-03", "a drawing that is used", '<use href="data:image/svg+xml;base64,PHN2Zy8+#a"/>'),
    _svg("SVG-03", "a GIF where PNG and JPEG may stand", _inline("gif", gif())),
    _svg("SVG-03", "a PNG that is none", _inline("png", jpeg()), Check.MAGIC),
    _svg("SVG-03", "a picture with something behind it", _inline("png", png() + b"\0"), Check.IMAGE),
    _svg("SVG-03", "base64 with something behind it", '<image href="data:image/png;base64,AAAA=AAA"/>'),
    _svg("SVG-04", "a page of HTML", "<foreignObject><p/></foreignObject>"),
    _svg("SVG-04", "HTML without it", '<p xmlns="http://www.w3.org/1999/xhtml">hello</p>'),
    _svg("SVG-05", "a picture elsewhere", '<image href="http://example.invalid/a.png"/>'),
    _svg("SVG-05", "a picture on a share", r'<image href="\\example.invalid\a\b.png"/>'),
    _svg("SVG-05", "a picture beside the file", '<image xlink:href="a.png"/>'),
    _svg("SVG-05", "a part of another file", '<use href="a.svg#b"/>'),
    _svg("SVG-05", "a gradient of another file", '<linearGradient href="http://example.invalid/#a"/>'),
    _svg("SVG-05", "a paint of another file", '<rect fill="url(http://example.invalid/#a)"/>'),
    _svg("SVG-05", "a filter's picture elsewhere", '<feImage href="//example.invalid/a.png"/>'),
    _svg("SVG-05", "a font elsewhere", '<font-face-uri href="http://example.invalid/a.svg"/>'),
    _svg("SVG-05", "another base for all addresses", '<g xml:base="http://example.invalid/"/>'),
    _style("a sheet elsewhere", "@import 'http://example.invalid/a.css';"),
    _style("a sheet elsewhere, spelled with an escape", r"@\69mport 'a.css';"),
    _style("a picture elsewhere", "rect{fill:url(http://example.invalid/)}"),
    _style("a picture in the sheet", "rect{cursor:url(data:image/png;base64,AA)}"),
    _style("a picture by another function", 'rect{cursor:image-set("a.png" 1x)}'),
    _style("an expression", "rect{width:expression(alert(1))}"),
    _style("a behaviour", "rect{behavior:url(#a)}"),
    _style("a binding", "rect{-moz-binding:url(#a)}"),
    _style("a font elsewhere", "@font-face{font-family:a;src:url(a.woff)}"),
    _style("a comment that hides", "rect{fi/**/ll:red}"),
    _style("a comment of HTML", "&lt;!-- rect{fill:red} --&gt;"),
    _style("an end of the sheet for HTML", "&lt;/style&gt;&lt;b&gt;"),
    _style("a rule in a rule", "rect{g{fill:red}}"),
    _style("a rule for one value, and so a way to read it", "a[href^='x']{fill:red}"),
    _svg("SVG-06", "an address in a style attribute", '<rect style="fill:url(&quot;http://example.invalid/&quot;)"/>'),
    _svg("SVG-06", "an escape in a style attribute", r'<rect style="fill:u\72l(a)"/>'),
    _svg("SVG-06", "an unknown property", '<rect style="-inkscape-font-specification:Sans"/>'),
    _svg("SVG-07", "an animation that sets a link", f'<a><set attributeName="href" to="{_SCRIPT}"/></a>'),
    _svg("SVG-07", "an animation that sets a link by its prefix", '<animate attributeName="xlink:href" values="a;b"/>'),
    _svg("SVG-07", "an animation that sets a handler", '<set attributeName="onclick" to="alert"/>'),
    _svg("SVG-07", "an animation that only moves", '<rect><animate attributeName="x" to="9" dur="1s"/></rect>'),
    _svg("SVG-07", "an animation of an address", '<animate attributeName="fill" values="red;url(#a)"/>'),
    Mutant("SVG-08", "an entity", SVG, svg(head='<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]>'), Check.XML),
    Mutant(
        "SVG-08",
        "a file as an entity",
        SVG,
        svg(head='<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        Check.XML,
    ),
    Mutant(
        "SVG-08",
        "a document type elsewhere",
        SVG,
        svg(head='<?xml version="1.0"?><!DOCTYPE svg SYSTEM "a.dtd">'),
        Check.XML,
    ),
    _svg("SVG-08", "an entity that nobody declares", "<text>&a;</text>"),
    Mutant(
        "SVG-09",
        "a sheet by instruction",
        SVG,
        svg(head='<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?>'),
        Check.XML,
    ),
    _svg("SVG-09", "PHP by instruction", "<?php exit ?>"),
    *(
        _svg("SVG-10", f"{name} of HTML", f'<{name} xmlns="http://www.w3.org/1999/xhtml"/>')
        for name in ("iframe", "embed", "object", "audio", "video", "meta", "link", "base")
    ),
    *(_svg("SVG-10", f"{name} of SVG", f"<{name}/>") for name in ("iframe", "audio", "video", "canvas", "source")),
    *(_svg("SVG-11", name, f"<{name}/>") for name in ("handler", "listener", "prefetch", "discard")),
    _svg("SVG-12", "metadata", "<metadata>hello</metadata>"),
    _svg("SVG-12", "an editor's namespace", '<g xmlns:i="http://www.inkscape.org/namespaces/inkscape" i:label="a"/>'),
    _svg("SVG-12", "a tool's attribute", '<g data-name="/home/user/a"/>'),
    _svg("SVG-12", "a comment", "<!-- /home/user/a -->"),
    _svg("SVG-12", "text that shows nowhere", "<g>hidden</g>"),
    _svg("SVG-13", "ten to the ninth rectangles", _USE_BOMB, Check.LIMITS),
    _svg("SVG-13", "a part that uses itself", '<g id="a"><use href="#a"/></g>', Check.LIMITS),
    _svg(
        "SVG-13",
        "two patterns in a circle",
        '<pattern id="a"><g fill="url(#b)"/></pattern><pattern id="b"><g style="fill:url(#a)"/></pattern>',
        Check.LIMITS,
    ),
    _svg(
        "SVG-13",
        "a circle through a style sheet",
        '<style>g .a{mask:url(#m)}</style><g><mask id="m"><g class="a"/></mask></g>',
        Check.LIMITS,
    ),
    _svg("SVG-13", "a thousand groups deep", "<g>" * 1000 + "</g>" * 1000, Check.LIMITS),
    _svg("SVG-13", "a noise of a thousand octaves", '<feTurbulence numOctaves="1000"/>', Check.LIMITS),
    Mutant("SVG-13", "ten million pixels across", SVG, svg(attributes='width="10000000"'), Check.LIMITS),
    Mutant("SVG-14", "packed", SVG, b"\x1f\x8b\x08\0" + bytes(6) + zlib.compress(svg())[2:-4] + bytes(8), Check.MAGIC),
    _svg("SVG-15", "a link to a file", '<a href="file:///etc/passwd"><rect/></a>'),
    _svg("SVG-15", "a link to a share", '<a href="//example.invalid/a"><rect/></a>'),
    _svg("SVG-15", "a link to a program", '<a href="ms-msdt:/id"><rect/></a>'),
    _svg("SVG-15", "a link with a name in it", '<a href="https://user@example.invalid/"><rect/></a>'),
    Mutant(
        "SVG-16", "a script of ImageMagick", SVG, b'<?xml version="1.0"?><image><read filename="a"/></image>', Check.XML
    ),
    Mutant("SVG-16", "both at once", SVG, svg('<read filename="/etc/passwd"/><write filename="a.png"/>'), Check.XML),
)

DRAWINGS: tuple[Mutant, ...] = _METAFILES + _SVGS
