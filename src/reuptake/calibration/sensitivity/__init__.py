"""Which numbers a result hangs on, and by how much."""
