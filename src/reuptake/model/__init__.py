"""The mechanism, chapter by chapter: one file, one contribution to the equations."""
