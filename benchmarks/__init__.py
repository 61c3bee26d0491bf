"""What is measured: each file prints {what, value, goal, met}; see --help of each."""
