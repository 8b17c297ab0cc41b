"""Figures as SVG text, drawn from evidence and simulations; the same input gives the same bytes."""
