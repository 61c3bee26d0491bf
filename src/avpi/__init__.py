"""From raw blots, plates and FCS files to a defensible call on how a Smac mimetic kills cells.

::

    import avpi

    study = avpi.read_study("my-study")     # every fault of study.yaml at once, each with its line
    result = avpi.run(study.folder)         # analyses what the study declares; writes nothing
    result.verdict.sentence

    model = avpi.Model.from_sbml("model.xml")
    avpi.simulate(model, avpi.LogNormal(cells=1000, sigma=0.3), times=[0, 24, 72])

    wanted = avpi.read_condition("birinapant 100 nM + TNF 10 ng/mL")
    cells = avpi.Experiment(line=avpi.find_line("HT-29"), doses=wanted.doses)
    avpi.simulate_condition(wanted.label, cells, avpi.Sampling(hours=24, cells=500)).viability([24])

    fits = avpi.fit_table(screen)           # a frame with a row for each well: an EC50 with its interval, or why none
    avpi.compare_shapes(doses_molar, viability).chosen      # one curve: the shape that AICc prefers

The public names are listed below and pinned by a test; each is imported when it is first used, so that
``import avpi`` costs nothing. Research use only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avpi.compute.cluster import Cluster as Cluster
    from avpi.compute.places import Threads as Threads
    from avpi.dose.batch import fit_curves as fit_curves
    from avpi.dose.compare_shapes import compare_shapes as compare_shapes
    from avpi.dose.degradation_course import fit_course as fit_course
    from avpi.dose.degradation_dose import measure_degradation as measure_degradation
    from avpi.dose.degradation_loss import measure_loss as measure_loss
    from avpi.dose.estimate_dose import estimate_ec50 as estimate_ec50
    from avpi.dose.experiment_bootstrap import bootstrap_experiments as bootstrap_experiments
    from avpi.dose.experiment_bootstrap import estimate_over_experiments as estimate_over_experiments
    from avpi.dose.fit_shape import fit_shape as fit_shape
    from avpi.dose.fit_table import fit_table as fit_table
    from avpi.dose.flat_test import flat_p_values as flat_p_values
    from avpi.dose.growth_rate import growth_rate_inhibition as growth_rate_inhibition
    from avpi.dose.growth_rate import trimmed_mean as trimmed_mean
    from avpi.dose.growth_rate_fit import fit_growth_rate as fit_growth_rate
    from avpi.dose.response_variance import estimate_variance as estimate_variance
    from avpi.dose.response_variance import fit_weighted as fit_weighted
    from avpi.dose.robust_fit import fit_robustly as fit_robustly
    from avpi.dose.synergy.combination import read_combination as read_combination
    from avpi.dose.synergy.estimate_synergy import score_synergy as score_synergy
    from avpi.dose.synergy.interaction_contrast import interaction_contrast as interaction_contrast
    from avpi.dose.synergy.musyc_estimates import estimate_musyc as estimate_musyc
    from avpi.dose.synergy.musyc_fit import fit_musyc as fit_musyc
    from avpi.errors import AvpiError as AvpiError
    from avpi.errors import FileFormatError as FileFormatError
    from avpi.errors import InputError as InputError
    from avpi.errors import NotAnalysed as NotAnalysed
    from avpi.errors import OurFault as OurFault
    from avpi.errors import Problem as Problem
    from avpi.errors import StudyError as StudyError
    from avpi.estimate import Caveat as Caveat
    from avpi.estimate import Estimate as Estimate
    from avpi.estimate import Finding as Finding
    from avpi.formats.blot_image import read_blot_image as read_blot_image
    from avpi.formats.fcs import read_fcs as read_fcs
    from avpi.formats.layout import read_layout as read_layout
    from avpi.formats.plate_file import read_plate_file as read_plate_file
    from avpi.names import Addition as Addition
    from avpi.names import Condition as Condition
    from avpi.names import Reagent as Reagent
    from avpi.names import reagents as reagents
    from avpi.network.lines import Line as Line
    from avpi.network.lines import find_line as find_line
    from avpi.network.lines import lines as lines
    from avpi.network.variants import Variant as Variant
    from avpi.population.condition_words import read_condition as read_condition
    from avpi.population.experiment import Dose as Dose
    from avpi.population.experiment import Experiment as Experiment
    from avpi.population.simulated import Sampling as Sampling
    from avpi.population.simulated import Simulated as Simulated
    from avpi.population.simulated import simulate_condition as simulate_condition
    from avpi.population.well import Well as Well
    from avpi.population.well import grow as grow
    from avpi.quantity import Quantity as Quantity
    from avpi.quantity import format_molar as format_molar
    from avpi.quantity import parse_quantity as parse_quantity
    from avpi.readings import BlotImage as BlotImage
    from avpi.readings import CellEvents as CellEvents
    from avpi.readings import PlateLayout as PlateLayout
    from avpi.readings import PlateReading as PlateReading
    from avpi.replication.conditions import compare_conditions as compare_conditions
    from avpi.replication.contrasts import contrast as contrast
    from avpi.replication.equivalence import tost_contrast as tost_contrast
    from avpi.replication.mixed_model import fit_mixed_model as fit_mixed_model
    from avpi.replication.rescue import rescue_over_experiments as rescue_over_experiments
    from avpi.report.write import write_results as write_results
    from avpi.result import FailedSection as FailedSection
    from avpi.result import Result as Result
    from avpi.solver.draws import LogNormal as LogNormal
    from avpi.solver.model import Model as Model
    from avpi.solver.programme import Forcing as Forcing
    from avpi.solver.programme import Phase as Phase
    from avpi.solver.sensitivities import sensitivities as sensitivities
    from avpi.solver.simulate import Trajectories as Trajectories
    from avpi.solver.simulate import simulate as simulate
    from avpi.study.manifest import Manifest as Manifest
    from avpi.study.overrides import Overrides as Overrides
    from avpi.study.read import Study as Study
    from avpi.study.read import read_study as read_study
    from avpi.verdict.results import Advice as Advice
    from avpi.verdict.results import Effect as Effect
    from avpi.verdict.results import Verdict as Verdict
    from avpi.virtual_lab.studies import make_study as make_study
    from avpi.workflow import run_study as run  # noqa: F401 - a public name, listed in __all__ below

    __version__: str

_PUBLIC = {
    "avpi.compute.cluster": ("Cluster",),
    "avpi.compute.places": ("Threads",),
    "avpi.dose.batch": ("fit_curves",),
    "avpi.dose.compare_shapes": ("compare_shapes",),
    "avpi.dose.degradation_course": ("fit_course",),
    "avpi.dose.degradation_dose": ("measure_degradation",),
    "avpi.dose.degradation_loss": ("measure_loss",),
    "avpi.dose.estimate_dose": ("estimate_ec50",),
    "avpi.dose.experiment_bootstrap": ("bootstrap_experiments", "estimate_over_experiments"),
    "avpi.dose.fit_shape": ("fit_shape",),
    "avpi.dose.fit_table": ("fit_table",),
    "avpi.dose.flat_test": ("flat_p_values",),
    "avpi.dose.growth_rate": ("growth_rate_inhibition", "trimmed_mean"),
    "avpi.dose.growth_rate_fit": ("fit_growth_rate",),
    "avpi.dose.response_variance": ("estimate_variance", "fit_weighted"),
    "avpi.dose.robust_fit": ("fit_robustly",),
    "avpi.dose.synergy.combination": ("read_combination",),
    "avpi.dose.synergy.estimate_synergy": ("score_synergy",),
    "avpi.dose.synergy.interaction_contrast": ("interaction_contrast",),
    "avpi.dose.synergy.musyc_estimates": ("estimate_musyc",),
    "avpi.dose.synergy.musyc_fit": ("fit_musyc",),
    "avpi.errors": (
        "AvpiError",
        "FileFormatError",
        "InputError",
        "NotAnalysed",
        "OurFault",
        "Problem",
        "StudyError",
    ),
    "avpi.estimate": ("Caveat", "Estimate", "Finding"),
    "avpi.formats.blot_image": ("read_blot_image",),
    "avpi.formats.fcs": ("read_fcs",),
    "avpi.formats.layout": ("read_layout",),
    "avpi.formats.plate_file": ("read_plate_file",),
    "avpi.names": ("Addition", "Condition", "Reagent", "reagents"),
    "avpi.network.lines": ("Line", "find_line", "lines"),
    "avpi.network.variants": ("Variant",),
    "avpi.population.condition_words": ("read_condition",),
    "avpi.population.experiment": ("Dose", "Experiment"),
    "avpi.population.simulated": ("Sampling", "Simulated", "simulate_condition"),
    "avpi.population.well": ("Well", "grow"),
    "avpi.quantity": ("Quantity", "format_molar", "parse_quantity"),
    "avpi.readings": ("BlotImage", "CellEvents", "PlateLayout", "PlateReading"),
    "avpi.replication.conditions": ("compare_conditions",),
    "avpi.replication.contrasts": ("contrast",),
    "avpi.replication.equivalence": ("tost_contrast",),
    "avpi.replication.mixed_model": ("fit_mixed_model",),
    "avpi.replication.rescue": ("rescue_over_experiments",),
    "avpi.report.write": ("write_results",),
    "avpi.result": ("FailedSection", "Result"),
    "avpi.solver.draws": ("LogNormal",),
    "avpi.solver.model": ("Model",),
    "avpi.solver.programme": ("Forcing", "Phase"),
    "avpi.solver.sensitivities": ("sensitivities",),
    "avpi.solver.simulate": ("Trajectories", "simulate"),
    "avpi.study.manifest": ("Manifest",),
    "avpi.study.overrides": ("Overrides",),
    "avpi.study.read": ("Study", "read_study"),
    "avpi.verdict.results": ("Advice", "Effect", "Verdict"),
    "avpi.virtual_lab.studies": ("make_study",),
    "avpi.workflow": ("run",),
}
"""Module -> the public names that it defines."""

_DEFINED_AS = {"run": "run_study"}
"""Names that read better here than where they are defined."""

_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *sorted(_MODULE_OF)]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name == "__version__":
        from importlib.metadata import version

        return version("avpi")
    if name not in _MODULE_OF:
        message = f"module 'avpi' has no attribute '{name}'"
        raise AttributeError(message)
    found = getattr(importlib.import_module(_MODULE_OF[name]), _DEFINED_AS.get(name, name))
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
