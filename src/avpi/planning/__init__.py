"""Before the bench: what to run, where it stands on the plate, how it gets there, and whether it can answer at all."""
