"""The vectors of metafiles."""

from typing import Final

from policies.catalogue import vector
from policies.terms import Vector

IMG_09: Final = vector("IMG-09")
IMG_31: Final = vector("IMG-31")
IMG_32: Final = vector("IMG-32")
IMG_33: Final = vector("IMG-33")

VECTORS: Final[tuple[Vector, ...]] = (IMG_09, IMG_31, IMG_32, IMG_33)
