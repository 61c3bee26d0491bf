"""The pathway: from the Smac mimetic to the death of a cell, one file for each part, assembled into one model."""
