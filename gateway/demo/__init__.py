"""The sample files of `sekisho demo`: what they are stands in samples.tsv, where they come from in samples/SOURCES.tsv."""
