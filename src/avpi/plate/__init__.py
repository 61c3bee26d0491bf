"""Protocol B read by luminescence: quality of a plate, normalisation to its vehicle, viability by condition."""
