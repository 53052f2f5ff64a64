"""PowerPoint: objects and controls, actions and animations, shows, and who wrote what.

Source: ISO/IEC 29500-1:2016, 13 and 19; [MS-PPTX].
"""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.drawing import needs_relation
from sanitizers.formats.ooxml.rules import Rules
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.slides.objects import edit_frame, keep_controls
from sanitizers.formats.ooxml.slides.people import edit_author
from sanitizers.formats.ooxml.slides.timing import prune_timing

_LISTED: Final = ("p:sldId", "p:sldMasterId", "p:sldLayoutId", "p:notesMasterId", "p:handoutMasterId", "p:sld")
_SLIDES: Final = ("slides.slide", "slides.layout", "slides.master", "slides.notes", "slides.notesmaster")


def prepare_slide(root: etree._Element, scene: Scene) -> None:
    """Whatever has shapes: controls become pictures, animations lose what acts."""
    keep_controls(root, scene)
    prune_timing(root, scene)


RULES: Final = Rules(
    edits={
        **{clark(name): needs_relation for name in _LISTED},
        clark("p188:commentRel"): needs_relation,
        clark("p:graphicFrame"): edit_frame,
        clark("p:cmAuthor"): edit_author,
        clark("p188:author"): edit_author,
    },
    prepares=dict.fromkeys(_SLIDES, prepare_slide),
)
