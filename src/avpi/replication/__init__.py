"""What repeated experiments allow: mixed models, equivalence, families of tests. n counts independent experiments."""
