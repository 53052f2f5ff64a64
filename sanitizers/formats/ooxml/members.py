"""Members of a package that are files of their own: pictures and embedded documents, through the whole pipeline.

A picture is looked at once, however often it is used. One that is withheld is replaced by a drawn placeholder.
"""

import hashlib
from typing import Final, NamedTuple

from policies.media import canonical_extension
from policies.terms import Action
from sanitizers.formats.ooxml.embedded import PROGRAMS
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


class _Rebuilt(NamedTuple):
    """A member as it comes out of the pipeline."""

    media_type: str
    data: bytes
    sha256: str


class Members:
    """The pictures and documents in one package, as they are met."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._by_key: dict[tuple[str, str], _Rebuilt | None] = {}  # by kind and part
        self._alike: dict[tuple[str, int, int], list[tuple[str, _Rebuilt | None]]] = {}  # digest of what came with
        # what became of it, by kind, checksum and size: most are met once, and what hashed them was the pipeline
        self._written: dict[str, str] = {}  # by digest of what goes

    def picture(self, scene: Scene, relation: Relation) -> str:
        """The new id of a relationship to a picture: the rebuilt one, or the placeholder in its place."""
        found = self._rebuilt("image", relation.target)
        return self.placeholder(scene) if found is None else scene.add(IMAGE, self._store("image", found))

    def is_carried(self, relation: Relation) -> bool:
        """Whether an embedded document comes out of its own rebuilding, and the policy lets it stay."""
        return self.type_of(relation) != ""

    def type_of(self, relation: Relation) -> str:
        """The media type of an embedded document as it was rebuilt; empty where it does not come along."""
        if self._home.job.policy.ordered(OOXML_09) >= Action.REMOVE:
            self._home.job.found(OOXML_09, self._home.package.name(relation.target))
            return ""
        found = self._rebuilt("package", relation.target)
        return "" if found is None else found.media_type

    def document(self, scene: Scene, relation: Relation) -> str | None:
        """The new id of a relationship to an embedded document; None where it is withheld."""
        found = self._rebuilt("package", relation.target)
        return None if found is None else scene.add(EMBEDDED, self._store("package", found))

    def placeholder(self, scene: Scene, width_emu: int = 0, height_emu: int = 0) -> str:
        """The id of a relationship to a drawn picture of these proportions."""
        data = grey_png(width_emu, height_emu)
        drawn = _Rebuilt("image/png", data, hashlib.sha256(data).hexdigest())
        return scene.add(IMAGE, self._store("image", drawn))

    def _rebuilt(self, kind: str, key: str) -> _Rebuilt | None:
        """The rebuilt member; None where it is withheld, which has been told."""
        if (kind, key) not in self._by_key:
            self._by_key[kind, key] = self._met(kind, key)
        return self._by_key[kind, key]

    def _met(self, kind: str, key: str) -> _Rebuilt | None:
        package = self._home.package
        data, member = package.data(key), package.members[key]
        alike = self._alike.setdefault((kind, member.crc, member.size), [])
        if alike:
            digest = hashlib.sha256(data).hexdigest()
            for known, rebuilt in alike:
                if known == digest:
                    return rebuilt
        where = package.name(key)
        outcome = self._home.job.descend(data, where)
        report, rebuilt = outcome.report, None
        if outcome.data is None or report.sha256_out is None or not _fits(kind, report.released_type):
            self._tell(kind, where, report)
        else:
            rebuilt = _Rebuilt(report.released_type, outcome.data, report.sha256_out)
        alike.append((report.sha256_in, rebuilt))
        return rebuilt

    def _tell(self, kind: str, where: str, report: Report) -> None:
        vector = OOXML_09 if kind == "package" else OOXML_42 if where.lower().endswith(("emf", "wmf")) else OOXML_44
        if vector is OOXML_44 and report.media_type in _SHOWN:
            vector = OOXML_41
        self._home.job.found(vector, where, detail=str(report.reason or "of another kind"), at_least=Action.REMOVE)

    def _store(self, kind: str, rebuilt: _Rebuilt) -> str:
        media_type, data, digest = rebuilt
        path = self._written.get(digest)
        if path is None:
            folder = FOLDERS[self._home.room]
            place = "media/image{}" if kind == "image" else "embeddings/document{}"
            extension = canonical_extension(media_type).replace("jpg", "jpeg")
            content_type = _CONTENT_TYPES.get(media_type, media_type)
            path = self._home.place(f"{folder}/{place}.{extension}")
            self._written[digest] = path
            self._home.write(path, content_type, data, is_packed=True)
        return path


def _fits(kind: str, media_type: str) -> bool:
    return media_type in (_SHOWN if kind == "image" else PROGRAMS)
