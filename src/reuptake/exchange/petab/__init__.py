"""Parameter estimation problems in and out as PEtab."""
