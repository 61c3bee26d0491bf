"""The results folder of a run: report, figures, tables and their machine-readable twins."""
