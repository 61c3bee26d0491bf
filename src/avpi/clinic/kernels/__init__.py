"""Compiled code of the many trials: streams of random numbers, patients, and the tests of a trial's data."""
