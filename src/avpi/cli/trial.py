"""``avpi trial``: what a trial of a mechanism would show, and which design would have told."""

from __future__ import annotations

import click

from avpi.cli.house import LazyGroup

COMMANDS = {
    "run": "avpi.cli.trial_run:run",
    "scenarios": "avpi.cli.trial_run:scenarios",
    "published": "avpi.cli.trial_run:published",
    "simulate": "avpi.cli.trial_simulate:simulate",
    "analyse": "avpi.cli.trial_analyse:analyse",
    "events": "avpi.cli.trial_events:events",
    "size": "avpi.cli.trial_events:size",
    "hazard": "avpi.cli.trial_hazard:hazard",
    "boundaries": "avpi.cli.trial_boundaries:boundaries",
    "enrichment": "avpi.cli.trial_enrichment:enrichment",
    "dilution": "avpi.cli.trial_enrichment:dilution",
    "adaptive": "avpi.cli.trial_adaptive:adaptive",
    "assurance": "avpi.cli.trial_assurance:assurance",
    "gate": "avpi.cli.trial_assurance:gate",
}


@click.group(
    cls=LazyGroup,
    short_help="Virtual patients and trials.",
    lazy=COMMANDS,
    examples=(
        ("avpi trial run trilynx", "why the phase 3 trial failed, and which assumptions say so"),
        ("avpi trial simulate --from-lines", "kill fractions of virtual tumours become a trial"),
    ),
)
def trial() -> None:
    """Ask what a trial of a mechanism would show. Exploratory model, not a prediction for patients."""
