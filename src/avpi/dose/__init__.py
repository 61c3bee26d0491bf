"""Curves of dose and response: fits, intervals, flatness, growth rates, synergy, degradation."""
