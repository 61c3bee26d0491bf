"""How the programs of plate readers write a plate: one file for each program, each with ``SUFFIX`` and ``write``."""
