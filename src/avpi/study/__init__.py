"""What the experimenter declares: study.yaml, corrections by hand, and the hashes of the inputs."""
