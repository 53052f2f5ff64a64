"""What is done to settings, comments and the parts beside the stories before they are carried.

Source: ISO/IEC 29500-1:2016, 17.15.1 (settings), 17.13.4 (comments); [MS-DOCX] 2.5.1 (commentsExtended).
"""

from typing import Any, Final

from policies.terms import Action
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.vectors import OOXML_45, OOXML_46, OOXML_58
from sanitizers.formats.ooxml.word import stories
from sanitizers.formats.ooxml.word.around import PARAGRAPH_ID, comment_numbers
from sanitizers.formats.ooxml.word.names import W15, W

COMPATIBILITY: Final = "http://schemas.microsoft.com/office/word"  # 17.15.3.4: the only one that Word writes
_EXTENDED_ID: Final = W15 + "paraId"
_PARENT_ID: Final = W15 + "paraIdParent"


def prepare_settings(root: Any, scene: Scene) -> None:
    """Leave no compatibility setting that is not Word's own, and no tracking where changes are taken out."""
    for setting in list(root.iter(W + "compatSetting")):
        if setting.get(W + "uri") != COMPATIBILITY:
            scene.found(OOXML_58, detail="compatibility setting")
            setting.getparent().remove(setting)
    if scene.job.policy.ordered(OOXML_46) >= Action.REMOVE:
        for mark in list(root.iter(W + "trackRevisions")):
            scene.found(OOXML_46, detail="changes are tracked")
            root.remove(mark)


def prepare_comments(root: Any, scene: Scene) -> None:
    """Put stand-ins for authors; number the paragraphs that replies refer to."""
    if scene.job.policy.ordered(OOXML_45) >= Action.REMOVE:
        if len(root):
            scene.found(OOXML_45, count=len(root))
            del root[:]
        return
    numbers = comment_numbers(scene)
    changed = 0
    for comment in root.iterchildren(W + "comment"):
        author, initials = comment.get(W + "author", ""), comment.get(W + "initials")
        changed += stories.rename(comment, scene)
        if initials is not None:
            comment.set(W + "initials", scene.authors.initials(author, initials))
        for paragraph in comment.iter(W + "p"):
            old = paragraph.get(PARAGRAPH_ID, "").upper()
            if old:
                paragraph.set(PARAGRAPH_ID, numbers[old])
        for row in comment.iter(W + "tr"):  # nothing refers to these
            row.attrib.pop(PARAGRAPH_ID, None)
    if changed:
        scene.found(OOXML_45, detail="authors and dates", count=changed, at_least=Action.REWRITE)
    stories.prepare(root, scene)


def prepare_extended(root: Any, scene: Scene) -> None:
    """Keep which comment answers which, and which are done, by the new numbers."""
    numbers = {} if scene.job.policy.ordered(OOXML_45) >= Action.REMOVE else comment_numbers(scene)
    for entry in list(root):
        new = numbers.get(entry.get(_EXTENDED_ID, "").upper())
        if new is None:
            root.remove(entry)
            continue
        entry.set(_EXTENDED_ID, new)
        parent = entry.get(_PARENT_ID)
        if parent is not None:
            if parent.upper() in numbers:
                entry.set(_PARENT_ID, numbers[parent.upper()])
            else:
                del entry.attrib[_PARENT_ID]
