"""The judge: an independent checker per format. Imports neither formats nor parsers nor codecs, nor their tables."""
