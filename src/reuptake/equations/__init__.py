"""Symbolic systems of differential equations: expressions, units, derivatives, print."""
