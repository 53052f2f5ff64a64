"""The right tower: hostile bytes, confined, no input or output of its own."""
