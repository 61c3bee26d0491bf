"""Effects to a call: posterior draws, the tree walked once per draw, leaf probabilities, trace and advice."""
