"""Calibration: which parameters within their ranges make populations of cells reproduce the published findings."""
