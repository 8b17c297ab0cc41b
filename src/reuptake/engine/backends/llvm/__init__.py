"""The compiled back-end: the whole life of a step as vector code, several subjects side by side."""
