"""The left tower: sockets, disk, audit. Never reads a file that came from outside."""
