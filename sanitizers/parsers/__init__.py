"""Bytes to structure, strict and bounded: readers that know no policy and judge nothing."""
