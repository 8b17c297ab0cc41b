"""What the data can tell: fits, intervals, profiles, posteriors, sensitivity."""
