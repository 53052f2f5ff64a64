"""The sample files of `sekisho demo`: samples.tsv says what they are, samples/SOURCES.tsv where they come from."""
