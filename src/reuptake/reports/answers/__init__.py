"""The shape of every JSON answer, shared by the command line and whatever else answers.

Levels in ng/mL, areas in ng·h/mL, times in h, occupancies as fractions, amounts in nmol.
A quantity over subjects is ``{median, p05, p95, unit}``; what cannot be computed is null,
with the reason in ``notes``. Keys are only ever added.
"""
