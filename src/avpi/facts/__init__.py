"""Published findings as executable experiments: a file of facts, what each needs simulated, and whether it holds."""
