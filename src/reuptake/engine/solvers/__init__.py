"""Methods of integration, each a table of coefficients and a way of stepping."""
