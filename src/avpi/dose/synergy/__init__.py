"""Two compounds together: what reference models expect of them, and how far the observed effect lies from that."""
