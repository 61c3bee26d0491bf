"""Virtual patients and trials: what an all-comers and an enriched trial of a mechanism would show."""
