"""Word's side of Office Open XML: what is done to stories, settings and comments before the schema carries them."""

from typing import Final

from sanitizers.formats.ooxml.rules import Rules
from sanitizers.formats.ooxml.word import links, settings, stories

RULES: Final = Rules(
    edits={links.HYPERLINK: links.edit_hyperlink},
    prepares={
        **dict.fromkeys(
            ("word.document", "word.header", "word.footer", "word.footnotes", "word.endnotes"), stories.prepare
        ),
        "word.comments": settings.prepare_comments,
        "word.commentsex": settings.prepare_extended,
        "word.settings": settings.prepare_settings,
    },
)
