"""Simulate one cell or a million of a model: ``simulate`` and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from avpi.compute.named import place_named
from avpi.compute.places import Cancel, InProcess, Place
from avpi.compute.progress import SILENT, Progress
from avpi.errors import InputError, Problem
from avpi.solver.chunks import Chunk, run_chunk
from avpi.solver.compiled import compiled
from avpi.solver.draws import LogNormal
from avpi.solver.inputs import DEFAULT_MAX_STEPS, DEFAULT_METHOD, DEFAULT_RTOL, Question, prepared
from avpi.solver.model import Model
from avpi.solver.programme import Forcing, Phase
from avpi.solver.status import Status

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Ints = NDArray[np.integer]

MOST_CELLS_A_CHUNK, FEWEST_CELLS_A_CHUNK, CHUNKS_OF_A_SMALL_RUN = 2048, 64, 16
"""Cells of one task: a fraction of a second of work, so that progress moves, cancelling is quick and a lost worker is
cheap; enough of them that nothing else counts, and enough tasks that every thread has some."""


@dataclass(frozen=True, kw_only=True)
class Trajectories:
    """What a simulation gave.

    Attributes
    ----------
    times : (times,) in the model's unit.
    observables : names or formulas, in the order of the last axis of ``values``.
    values : (cells, times, observables); nan after a cell's run has ended.
    status : (cells,) how each cell's run ended, see Status.
    end_time : (cells,) when: the last time, the time of the stop, or of the failure.
    steps, rejected : (cells,) steps kept, and steps that were tried and thrown away.
    """

    times: Floats
    observables: tuple[str, ...]
    values: Floats
    status: Ints
    end_time: Floats
    steps: Ints
    rejected: Ints

    def of(self, observable: str) -> Floats:
        """Return one observable, (cells, times)."""
        return self.values[:, :, self.observables.index(observable)]

    @property
    def failed(self) -> NDArray[np.bool_]:
        """(cells,) True where a cell's run did not come to its own end."""
        return self.status > int(Status.STOPPED)

    def counts(self) -> dict[Status, int]:
        """Return how many cells ended how."""
        kinds, numbers = np.unique(self.status, return_counts=True)
        return {Status(int(kind)): int(number) for kind, number in zip(kinds, numbers, strict=True)}

    def frame(self) -> pd.DataFrame:
        """Return a long table: a row for each cell and time, a column for each observable."""
        import pandas as pd

        cells, times, _ = self.values.shape
        table = {"cell": np.repeat(np.arange(cells), times), "time": np.tile(self.times, cells)}
        columns = {name: self.values[:, :, i].ravel() for i, name in enumerate(self.observables)}
        return pd.DataFrame(table | columns)

    def __repr__(self) -> str:
        ended = ", ".join(f"{number} {status.name.lower()}" for status, number in self.counts().items())
        cells, times, observables = self.values.shape
        return f"Trajectories({cells} cells, {times} times, {observables} observables; {ended})"


def simulate(
    model: Model,
    parameters: Mapping[str, ArrayLike] | ArrayLike | LogNormal | None = None,
    initial: Mapping[str, ArrayLike] | None = None,
    *,
    times: ArrayLike,
    start: float = 0.0,
    phases: Sequence[Phase] = (),
    forcing: Mapping[str, Forcing] | None = None,
    observables: Sequence[str] | None = None,
    rtol: float = DEFAULT_RTOL,
    atol: float | None = None,
    stop: str | None = None,
    max_steps: int = DEFAULT_MAX_STEPS,
    method: str = DEFAULT_METHOD,
    lanes: int | None = None,
    place: Place | str | None = None,
    progress: Progress = SILENT,
    cancel: Cancel | None = None,
) -> Trajectories:
    """Simulate one cell or many, each with its own parameters and starting values.

    Main arguments
    --------------
    model : what to simulate.
    parameters : name -> number or (cells,) array; or an array (cells, parameters) in the order of ``model.parameters``;
        or a LogNormal, whose cells are drawn where they run. What is not given is as in the model.
    initial : state -> number or (cells,) array. What is not given starts as the model says.
    times : (times,) ascending, when to observe.
    start : time at which the run starts; a negative one leaves room for an equilibration before time 0.
    phases : what is done to the cells, see Phase; none for a single phase without a jump. A time at which a phase
        begins is observed before its jump; the start of the run after it.
    forcing : parameter -> the course that it follows, see Forcing.
    observables : names or formulas such as ``"cPARP / (PARP + cPARP)"``; the states where nothing is given.
    stop : condition that ends a cell's run, such as ``"cPARP >= 5e5"``.

    Other arguments
    ---------------
    rtol : relative tolerance of each step.
    atol : absolute tolerance of every state. Where none is given, each state has its own: rtol x 1e-3 x the largest
        that it has been.
    max_steps : most steps tried for one cell.
    method : ``"rodas5p"`` or ``"rodas4"``.
    lanes : cells that share an instruction; no result depends on it.
    place, progress, cancel : where it runs (a Place, or ``"threads"`` or a cluster's address), who is told, and how to
        end it early; see compute.

    Returns
    -------
    Trajectories. The number of cells is that of the longest array given; 1 if there is none. The result is the same to
    the bit for a cell alone, in any order, in any place.

    Raises
    ------
    InputError
        If a name is not in the model or a number cannot be what it is given as; all faults at once.
    """
    whole = prepared(
        Question(
            model=model,
            parameters=parameters,
            initial=initial,
            times=times,
            start=start,
            phases=phases,
            forcing=forcing,
            observables=observables,
            rtol=rtol,
            atol=atol,
            max_steps=max_steps,
            method=method,
            stop=stop,
            lanes=lanes,
        )
    )
    compiled(whole.equations, whole.request)  # a model that is too large is told here, not by a worker
    where = place_named(place) if isinstance(place, str) else place or InProcess()
    return _gathered(whole, where, progress, cancel)


def _gathered(whole: Chunk, place: Place, progress: Progress, cancel: Cancel | None) -> Trajectories:
    result = _empty(whole)
    first = 0
    size = min(MOST_CELLS_A_CHUNK, max(FEWEST_CELLS_A_CHUNK, -(-whole.cells.count // CHUNKS_OF_A_SMALL_RUN)))
    for out in place.map(run_chunk, whole.split(size), stage="cells", progress=progress, cancel=cancel):
        here = slice(first, first := first + out.status.size)
        for name in ("values", "status", "end_time", "steps", "rejected"):
            getattr(result, name)[here] = getattr(out, name)
    return result


def _empty(whole: Chunk) -> Trajectories:
    cells, observables = whole.cells.count, whole.request.observables
    try:
        values = np.empty((cells, whole.times.size, len(observables)))
    except (MemoryError, ValueError):
        gigabytes = cells * whole.times.size * len(observables) * 8 / 1e9
        what = f"{cells} cells, {whole.times.size} times and {len(observables)} observables need {gigabytes:.0f} GB"
        hint = "Ask for fewer observables or times, or run the cells in parts"
        raise InputError(Problem(file="cells", what=what, expected="what fits into memory", hint=hint)) from None
    return Trajectories(
        times=whole.times,
        observables=observables,
        values=values,
        status=np.empty(cells, np.uint8),
        end_time=np.empty(cells),
        steps=np.empty(cells, np.int32),
        rejected=np.empty(cells, np.int32),
    )
