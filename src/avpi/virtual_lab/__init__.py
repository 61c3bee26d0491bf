"""Simulated studies as raw files with known truth: for the demonstration, for teaching, for calibration."""
