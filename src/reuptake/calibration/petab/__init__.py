"""Fits of others to be repeated here, and ours to be repeated by others: PEtab."""
