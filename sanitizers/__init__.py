"""The right tower: hostile bytes, confined, no input or output of its own."""

import policies  # noqa: F401 - which sees to it that regular expressions mean what they say
