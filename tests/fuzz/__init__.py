"""Fuzzing: `python -m tests.fuzz TARGET... [--seconds N]`; without a target, all of them."""
