"""binary: workbooks of records (xlsb), rebuilt in their own form by an allow-list of record types (XLSB-01 to XLSB-10).

Drawings, charts, themes and threaded comments are XML here too, and carried as in other workbooks.
"""

from typing import Final

from sanitizers.formats.ooxml.binary.book import write_workbook
from sanitizers.formats.ooxml.binary.sheet import write_comments, write_plain, write_table, write_worksheet
from sanitizers.formats.ooxml.rules import Rules

RULES: Final = Rules(
    blobs={
        "binary.workbook": write_workbook,
        "binary.worksheet": write_worksheet,
        "binary.chartsheet": write_plain,
        "binary.strings": write_plain,
        "binary.styles": write_plain,
        "binary.table": write_table,
        "binary.comments": write_comments,
    }
)
