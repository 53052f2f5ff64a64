"""What a room adds to the schema: edits by element, preparations and writers by kind of part."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from lxml import etree

from sanitizers.codecs.deflate import Deflated
from sanitizers.formats.ooxml.scene import Scene


class Fate(Enum):
    """What an edit says should become of its element, other than being carried."""

    DROP = auto()  # left out with all it holds
    UNWRAP = auto()  # its children are carried in its place


DROP: Final = Fate.DROP
UNWRAP: Final = Fate.UNWRAP

Answer = Fate | None | Sequence[etree._Element]  # None: carry it as it is now; a sequence: carry these instead
Edit = Callable[[etree._Element, Scene], Answer]
Prepare = Callable[[etree._Element, Scene], None]
Writer = Callable[[bytes, Scene], bytes]
Stream = Callable[["Scene"], Deflated | None]  # None: the part is not of a form that can go by in pieces
Finish = Callable[[str, Scene], str]


@dataclass(frozen=True, slots=True)
class Rules:
    """The judgement of one room. Edits change the source tree; what they leave is still held to the schema."""

    edits: Mapping[str, Edit] = field(default_factory=dict)  # by element, in Clark notation
    prepares: Mapping[str, Prepare] = field(default_factory=dict)  # by kind of part: once, before it is carried
    writers: Mapping[str, Writer] = field(default_factory=dict)  # by kind of part: XML in, XML out, without the engine
    finishes: Mapping[str, Finish] = field(default_factory=dict)  # by kind of part: the finished text
    streams: Mapping[str, Stream] = field(default_factory=dict)  # by kind of part: those too large to be held
    blobs: Mapping[str, Writer] = field(default_factory=dict)  # by kind of part that is no XML: bytes in, bytes out

    def __or__(self, other: "Rules") -> "Rules":
        """Both together; where both name an element, `other` wins."""
        return Rules(
            {**self.edits, **other.edits},
            {**self.prepares, **other.prepares},
            {**self.writers, **other.writers},
            {**self.finishes, **other.finishes},
            {**self.streams, **other.streams},
            {**self.blobs, **other.blobs},
        )
