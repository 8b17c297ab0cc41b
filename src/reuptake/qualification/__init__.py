"""What the package promises, measured against others and against itself."""
