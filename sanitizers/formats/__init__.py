"""The wing of formats: one file each, a folder once it outgrows that."""
