"""The judge: an independent checker with the last word on every rebuilt file. Shares no code with those it judges."""
