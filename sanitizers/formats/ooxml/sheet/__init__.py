"""sheet: workbooks, whose formulas, rows and links the schema alone cannot judge."""

from typing import Final

from sanitizers.formats.ooxml.rules import Rules
from sanitizers.formats.ooxml.sheet import edits, metadata, objects, people, pivots, places, rich, vml
from sanitizers.formats.ooxml.sheet.book import prepare_workbook
from sanitizers.formats.ooxml.sheet.stream import write_large_worksheet
from sanitizers.formats.ooxml.sheet.worksheet import write_strings, write_worksheet

RULES: Final = Rules(
    edits={**edits.EDITS, **objects.EDITS, **places.EDITS, **pivots.EDITS, **people.EDITS},
    prepares={
        "sheet.workbook": prepare_workbook,
        "sheet.pivotcache": pivots.prepare_cache,
        "sheet.metadata": metadata.prepare,
        "sheet.table": edits.prepare_table,
        "drawing.vml": vml.prepare,
    },
    streams={"sheet.worksheet": write_large_worksheet},
    writers={
        "sheet.worksheet": write_worksheet,
        "sheet.strings": write_strings,
        "sheet.richvalues": rich.write_values,
        "sheet.richstructures": rich.write_structures,
        "sheet.richtypes": rich.write_types,
        "sheet.richrelations": rich.write_relations,
    },
)
