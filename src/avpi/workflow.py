"""The main flow, top to bottom: a study folder to a verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from avpi.blot.analyse import analyse_blot
from avpi.blot.results import BlotResult
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, NotAnalysed
from avpi.flow.analyse import analyse_sample, gate_by_controls
from avpi.flow.results import SampleResult
from avpi.formats.blot_image import read_blot_image
from avpi.formats.fcs import read_fcs
from avpi.formats.layout import read_layout
from avpi.formats.plate_file import read_plate_file
from avpi.plate.analyse import analyse_plate
from avpi.plate.results import PlateResult
from avpi.result import FailedSection, Result
from avpi.study.manifest import record_inputs
from avpi.study.overrides import Overrides, read_overrides
from avpi.study.read import Study, read_study
from avpi.study.schema import Blot, Layout, PlateFile, Sample
from avpi.verdict.decide import decide
from avpi.verdict.effects import gather_effects

Part = TypeVar("Part", Blot, PlateFile, Sample)
Analysed = TypeVar("Analysed", BlotResult, PlateResult, SampleResult)
