"""Every row of the catalogue that a package can carry, as a change to a small package; and why some have none.

`VECTORS` is the table. `TOLD_AS` names the rows that a sanitizer tells by another row, which says the same of the
same place; `UNSEEN` those that no look at a copy can show.
"""

from policies.catalogue import CATALOGUE
from tests.sanitizers.ooxml.vector import BASES, Vector
from tests.sanitizers.ooxml.vectors_binary import BINARY, binary
from tests.sanitizers.ooxml.vectors_package import PACKAGE
from tests.sanitizers.ooxml.vectors_sheet import SHEETS
from tests.sanitizers.ooxml.vectors_slides import SLIDES
from tests.sanitizers.ooxml.vectors_word import WORD

BASES["xlsb"] = binary
VECTORS: tuple[Vector, ...] = PACKAGE + WORD + SHEETS + SLIDES + BINARY

TOLD_AS = {
    "OOXML-09": {"OOXML-01", "OOXML-61"},  # what is in the package
    "OOXML-11": {"OOXML-08", "OOXML-09"},  # an object goes, or is of the class that its document says
    "OOXML-12": {"OOXML-08"},  # what stands in the branch
    "OOXML-23": {"OOXML-13"},  # an extension of an unknown uri
    "OOXML-30": {"OOXML-29"},  # properties are written anew, with a title alone
    "OOXML-36": {"OOXML-20"},  # where the diagram leads
    "OOXML-37": {"OOXML-10"},  # the workbook that the chart is linked to
    "OOXML-38": {"OOXML-18"},  # where the theme leads
    "OOXML-41": {"IMG-13"},  # by the picture's own sanitizer
    "OOXML-42": {"OOXML-44"},  # a picture that no sanitizer knows
    "OOXML-43": {"SVG-01"},  # by the picture's own sanitizer
    "OOXML-59": {"OOXML-54"},  # a blob is a part that nothing shows
    "OOXML-61": {"OOXML-60"},  # what the pieces come to
    "OOXML-65": {"OOXML-20"},  # where the link leads
    "OOXML-73": {"OOXML-28"},  # a control of an add-in
    "OOXML-75": {"OOXML-60"},  # what stands in the story
    "OOXML-77": {"OOXML-18"},  # the linked picture
    "OOXML-81": {"OOXML-80"},  # a link to the outside, of whatever kind
    "OOXML-82": {"OOXML-80"},
    "OOXML-85": {"OOXML-54"},  # a data model: a part that nothing shows
    "OOXML-90": {"OOXML-80"},  # a function of another workbook
    "OOXML-92": {"OOXML-20"},  # where the link leads
    "OOXML-93": {"OOXML-83", "OOXML-89"},  # what the formula does, wherever it stands
    "XLSB-02": {"OOXML-86"},  # by what leads to the sheet
    "XLSB-04": {"OOXML-80"},  # by what leads to the link
    "XLSB-06": {"OOXML-20"},  # where the link leads
    "XLSB-07": {"OOXML-84"},
    "XLSB-08": {"OOXML-01"},
    "OOXML-120": {"GEN-01"},  # a show under the name of a presentation
}
NOT_TOLD = {"OOXML-50"}  # types and names of parts are always written anew

UNSEEN = {
    "OOXML-03": "what is inside a VBA project is never read: the project goes (OOXML-01)",
    "OOXML-05": "a type under another extension is told by the gate (GEN-01), before a package is read",
    "OOXML-19": "an ordinary link stays by default",
    "OOXML-55": "an encrypted package is a compound file, of no type that the judge accepts",
    "OOXML-56": "an encrypted package is a compound file, of no type that the judge accepts",
    "OOXML-57": "one XML file is no package: refused by its first bytes",
    "OOXML-95": "hidden sheets stay, and are told",
    "OOXML-101": "phonetic text stays: names of people are read by it",
    "OOXML-119": "notes and hidden slides stay, and are told",
    "XLSB-01": "a binary workbook stays one, of the records that are known; a policy may refuse the type",
}

OFFICE = frozenset(identifier for identifier in CATALOGUE if identifier.startswith(("OOXML-", "XLSB-")))
