"""Cells in a well: they differ, they share their medium, they divide and die, and instruments look at them."""
