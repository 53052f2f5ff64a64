"""The left tower: sockets, disk, audit. Never reads a file that came from outside."""

import policies  # noqa: F401 - which sees to it that regular expressions mean what they say
