"""What people see: figures, tables, the dossier, and the shapes of every JSON answer."""
