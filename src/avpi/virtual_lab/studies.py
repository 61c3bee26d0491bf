"""The demonstration studies: four simulated truths, each as the raw files that a laboratory would have of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from avpi.errors import Problem, StudyError, nearest_word
from avpi.virtual_lab.demo_studies import DemoStudy, demo_design, demo_studies, demo_truth
from avpi.virtual_lab.lab_study import write_lab_study

__all__ = ["DEMO_STUDIES", "DemoStudy", "find_demo", "make_study"]

DEMO_STUDIES: Mapping[str, DemoStudy] = demo_studies()


def make_study(name: str, folder: Path, *, seed: int | None = None) -> DemoStudy:
    """Write a demonstration study: study.yaml, raw files, README.md and truth.json; byte-identical for a seed.

    Parameters
    ----------
    name : one of ``DEMO_STUDIES``.
    folder : new or empty folder, or one that holds this same demonstration study, which is then written anew
        (results and overrides stay).
    seed : of all noise, 0 or larger; the study's own where absent.

    Returns
    -------
    The study's design and truth.

    Raises
    ------
    StudyError
        If there is no such study, or the folder holds something else; an InputError if it takes no files.
    """
    study = find_demo(name)
    seed = study.seed if seed is None else seed
    write_lab_study(demo_truth(study), demo_design(study), folder, seed=seed, short_truth=True)
    return study


def find_demo(name: str, place: str = "") -> DemoStudy:
    """Return a demonstration study by name; ``place`` is where the name stands, for the message of a fault.

    Raises
    ------
    StudyError
        If there is no such study; the message names the nearest one.
    """
    if name not in DEMO_STUDIES:
        expected = "one of " + ", ".join(f"'{known}'" for known in DEMO_STUDIES)
        what = f"'{name}' is not a demonstration study"
        raise StudyError(
            Problem(file=place or name, what=what, expected=expected, hint=nearest_word(name, DEMO_STUDIES))
        )
    return DEMO_STUDIES[name]
