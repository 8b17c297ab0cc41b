"""Systems of equations in and out as SBML."""
