"""Experiments: design, run, readout; their protocols as data."""
