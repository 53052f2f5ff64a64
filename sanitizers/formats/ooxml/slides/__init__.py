"""slides: the judgement that the schema alone does not have."""

from typing import Final

from sanitizers.formats.ooxml.rules import Rules

RULES: Final = Rules()
