"""Formulae of a trial's design: events, patients, average hazard ratios, boundaries, enrichment, assurance."""
