"""From a request to trajectories, with all that a rerun needs."""
