"""Everything the model knows, with who said so."""
