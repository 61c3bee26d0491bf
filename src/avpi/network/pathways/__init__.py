"""The parts of the pathway, one file each: what is in it, what happens in it, and why it is written so."""
