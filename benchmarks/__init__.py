"""Benchmarks: each figure beside the bare codec or the bare copy, measured in the same run."""
