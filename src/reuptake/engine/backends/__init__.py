"""Ways to turn a System into something that runs."""
