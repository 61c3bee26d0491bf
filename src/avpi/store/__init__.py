"""The index of studies and runs: made from the study folders, and made again from them with one command."""
