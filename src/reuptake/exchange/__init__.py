"""Other people's files in: tables of measurements, read without losing the place of a word."""
