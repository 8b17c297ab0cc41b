"""What a curve says without a model: areas, terminal phases, measures of simulated and of measured curves."""
