"""Who takes how much, and when: regimens of a person, records of a table, events of a solver."""
