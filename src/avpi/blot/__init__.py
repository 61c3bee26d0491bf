"""Protocol A: lanes, bands and volumes of a western blot, and what they say of the target's loss."""
