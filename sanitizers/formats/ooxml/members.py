"""Members of a package that are files of their own: pictures and embedded documents, through the whole pipeline.

A picture is looked at once, however often it is used. One that is withheld is replaced by a drawn placeholder.
"""

import hashlib
from typing import Final

from policies.media import canonical_extension
from policies.terms import Action
from sanitizers.formats.ooxml.parts import EMBEDDED, FOLDERS, IMAGE
from sanitizers.formats.ooxml.placeholder import grey_png
from sanitizers.formats.ooxml.scene import Home, Scene
from sanitizers.formats.ooxml.vectors import OOXML_09, OOXML_41, OOXML_42, OOXML_44
from sanitizers.model import Report
from sanitizers.parsers.opc import Relation

# What Office shows, and what it calls it (the first extension of the media type is the part's)
_SHOWN: Final = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/svg+xml", "image/emf", "image/wmf"),
        "image/webp",
    }
)
_CONTENT_TYPES: Final = {"image/emf": "image/x-emf", "image/wmf": "image/x-wmf"}
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."


class Members:
    """The pictures and documents in one package, as they are met."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._paths: dict[tuple[str, bytes], str | None] = {}  # by kind and digest of what came
        self._written: dict[bytes, str] = {}  # by digest of what goes
        self._placeholders: dict[bytes, str] = {}

    def picture(self, scene: Scene, relation: Relation) -> str:
        """The new id of a relationship to a picture: the rebuilt one, or the placeholder in its place."""
        path = self._path("image", relation.target)
        return self.placeholder(scene) if path is None else scene.add(IMAGE, path)

    def document(self, scene: Scene, relation: Relation) -> str | None:
        """The new id of a relationship to an embedded document; None where it is withheld."""
        path = self._path("package", relation.target)
        return None if path is None else scene.add(EMBEDDED, path)

    def placeholder(self, scene: Scene, width_emu: int = 0, height_emu: int = 0) -> str:
        """The id of a relationship to a drawn picture of these proportions."""
        return scene.add(IMAGE, self._store("image", "png", "image/png", grey_png(width_emu, height_emu)))

    def _path(self, kind: str, key: str) -> str | None:
        home = self._home
        data = home.package.data(key)
        mark = (kind, hashlib.sha256(data).digest())
        if mark not in self._paths:
            self._paths[mark] = self._rebuilt(kind, key, data)
        return self._paths[mark]

    def _rebuilt(self, kind: str, key: str, data: bytes) -> str | None:
        home = self._home
        where = home.package.name(key)
        outcome = home.job.descend(data, where)
        released = outcome.report.released_type
        if outcome.data is None or not _fits(kind, released):
            self._tell(kind, where, outcome.report)
            return None
        extension = canonical_extension(released)
        return self._store(kind, "jpeg" if extension == "jpg" else extension, released, outcome.data)

    def _tell(self, kind: str, where: str, report: Report) -> None:
        vector = OOXML_09 if kind == "package" else OOXML_42 if where.lower().endswith(("emf", "wmf")) else OOXML_44
        if vector is OOXML_44 and report.media_type in _SHOWN:
            vector = OOXML_41
        self._home.job.found(vector, where, detail=str(report.reason or "of another kind"), at_least=Action.REMOVE)

    def _store(self, kind: str, extension: str, media_type: str, data: bytes) -> str:
        digest = hashlib.sha256(data).digest()
        path = self._written.get(digest)
        if path is None:
            folder = FOLDERS[self._home.room]
            place = "media/image{}" if kind == "image" else "embeddings/document{}"
            content_type = _CONTENT_TYPES.get(media_type, media_type)
            path = self._home.place(f"{folder}/{place}.{extension}")
            self._written[digest] = path
            self._home.write(path, content_type, data, is_packed=True)
        return path


def _fits(kind: str, media_type: str) -> bool:
    return media_type in _SHOWN if kind == "image" else media_type.startswith(_OFFICE)
