"""The columns of a table of fitted curves: the one place that names them, and the rules for what may stand there.

What a reader may take as a number stands under a plain name; what the machine found, whatever it is worth, under
``fit_``. The EC50 of a curve is one of four:

* ``measured``: fitted within the tested doses, and the data bound it on both sides.
* ``above``: ``ec50_molar`` is a bound below which it does not lie. That is the highest tested dose where the fit lies
  beyond it. Where the fit lies within the doses and the interval has no upper end, it is the interval's lower end.
* ``below``: the same at the other end.
* ``not_estimable``: there is no EC50, and ``reason`` says why: too few wells or doses, a curve that is no better than
  a flat line (``p_flat`` above alpha), a fit that did not converge, or an interval that is open on both sides.

Slope and plateaus stand under their plain names only where the EC50 is measured: elsewhere they belong to no curve
that the data have seen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from avpi.dose.batch import CurveFits
from avpi.dose.curve_designs import KnownDesign
from avpi.dose.design import Design
from avpi.dose.kernels.columns import PARAMETERS

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]

STATES = ("measured", "above", "below", "not_estimable")
MEASURED, ABOVE, BELOW, NOT_ESTIMABLE = range(4)
DESCRIPTIONS = {
    "ec50_molar": "EC50; the bound where ec50_state is 'above' or 'below'; empty where it is 'not_estimable'",
    "ec50_low_molar": "lower end of its profile-likelihood interval; 0 where the data do not bound it",
    "ec50_high_molar": "upper end; infinite where the data do not bound it",
    "ec50_state": "'measured', 'above', 'below' or 'not_estimable'",
    "hill_slope": "slope, positive; empty unless the EC50 is measured",
    "bottom": "response far above the EC50; empty unless the EC50 is measured",
    "top": "response far below the EC50; empty unless the EC50 is measured",
    "absolute_ec50_molar": "dose at which the curve is half of the control; empty where it is not within the doses",
    "absolute_ec50_low_molar": "its interval, by linearisation of log10, rather short; empty where a limit binds",
    "absolute_ec50_high_molar": "",
    "emax": "response of the curve at the highest dose",
    "se_emax": "its standard error by linearisation",
    "se_log10_ec50": "standard errors by linearisation, empty where there is none or a limit holds the parameter",
    "se_ln_slope": "of the natural logarithm of the slope",
    "se_bottom": "",
    "se_top": "",
    "rss": "residual sum of squares (weighted where there are weights)",
    "n_wells": "wells with a response",
    "n_missing": "wells without one",
    "n_doses": "different doses above 0",
    "lowest_dose_molar": "lowest tested dose above 0",
    "highest_dose_molar": "highest tested dose",
    "p_flat": "how often a flat line would look as much like a curve",
    "interval_limit": "'learnt' for the design, or 'F': Fisher's, whose coverage is off at the edge of the doses",
    "null_curves": "simulated flat curves behind p_flat; 0 where it is Fisher's F, which is conservative here",
    "binds": "parameters that a limit holds, such as 'slope_highest, bottom'",
    "converged": "whether the fit is a minimum",
    "refused": "whether the curve could not be fitted at all",
    "reason": "why the EC50 is not estimable or is only bounded",
    "fit_log10_ec50_molar": "as fitted, whatever its worth",
    "fit_log10_ec50_low": "end of the interval; minus infinity where open",
    "fit_log10_ec50_high": "end of the interval; infinity where open",
    "fit_hill_slope": "as fitted",
    "fit_bottom": "as fitted",
    "fit_top": "as fitted",
    "fit_rss_flat": "residual sum of squares of a flat line",
    "fit_mean": "mean response",
}
"""Column -> what it holds; in this order they are written."""
HELD_FLAT = "flat within the limits of the bottom, and responses reach above them: give others with '--bottom'"
SMALL_P = 0.1
"""From where on a p-value is told to a thousandth."""
KNOWN = ("null", "refusal", "lowest_molar", "highest_molar", "doses", "missing")
"""What is kept of each curve beside the arrays of its fit."""


def array_fields(fits: CurveFits) -> Arrays:
    """Return every array (curves,) that fits hold, by its name."""
    named = ((own.name, getattr(fits, own.name)) for own in fields(fits))
    return {name: value for name, value in named if isinstance(value, np.ndarray)}


def fits_of(like: CurveFits, design: Design, arrays: Mapping[str, NDArray[Any]]) -> CurveFits:
    """Return fits again from arrays of :func:`array_fields`, as fits of a design that shares their null."""
    own: Any = {name: arrays[name] for name in array_fields(like)}
    return replace(like, design=design, **own)


def known_columns(known: KnownDesign, curves: int) -> Arrays:
    """Return what a design gives to each of its curves."""
    return {
        "null": np.full(curves, known.null),
        "refusal": np.full(curves, known.refusal),
        "lowest_molar": np.full(curves, known.lowest_molar),
        "highest_molar": np.full(curves, known.highest_molar),
        "doses": np.full(curves, known.doses),
    }


def fisher_p_values(fits: CurveFits) -> Floats:
    """Return the p-values of curves against a flat line by Fisher's F: conservative, since boxes hold parameters."""
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(fits.rss_flat > 0, fits.f_statistic, 0.0)
    return np.asarray(special.fdtrc(PARAMETERS - 1, np.maximum(fits.wells - PARAMETERS, 1), statistic), float)


def fit_columns(
    fits: CurveFits,
    known: Mapping[str, NDArray[Any]],
    refusals: Sequence[str],
    p_flat: Floats,
    null_curves: NDArray[np.int64],
    *,
    alpha: float,
) -> dict[str, Any]:
    """Return the columns of ``DESCRIPTIONS``; texts are Arrow dictionaries.

    Parameters
    ----------
    fits : of curves of any designs, as :func:`fits_of` joins them; nan where none was made.
    known : of ``KNOWN``, (curves,) each.
    refusals : what the codes of ``known["refusal"]`` stand for; 0 for none.
    p_flat : (curves,) nan where there is none.
    null_curves : (curves,)
    alpha : a curve of a larger ``p_flat`` is flat.
    """
    state, reason = _states(fits, known, refusals, p_flat, alpha)
    measured, above, below, none = (state == code for code in range(len(STATES)))
    low, high = 10.0**fits.low_log10_ec50, 10.0**fits.high_log10_ec50
    beyond = fits.log10_ec50_molar > np.log10(known["highest_molar"])
    before = fits.log10_ec50_molar < np.log10(known["lowest_molar"])
    ec50 = np.full(state.size, math.nan)
    ec50[measured] = 10.0 ** fits.log10_ec50_molar[measured]
    ec50[above] = np.where(beyond, known["highest_molar"], low)[above]
    ec50[below] = np.where(before, known["lowest_molar"], high)[below]
    return {
        "ec50_molar": ec50,
        "ec50_low_molar": np.where(none, math.nan, np.where(below, 0.0, low)),
        "ec50_high_molar": np.where(none, math.nan, np.where(above, math.inf, high)),
        "ec50_state": _texts(state, STATES),
        "hill_slope": np.where(measured, fits.hill_slope, math.nan),
        "bottom": np.where(measured, fits.bottom, math.nan),
        "top": np.where(measured, fits.top, math.nan),
        **_read_off(fits, known, measured),
        "se_log10_ec50": np.where(measured, fits.se_log10_ec50, math.nan),
        "se_ln_slope": np.where(measured, fits.se_ln_slope, math.nan),
        "se_bottom": np.where(measured, fits.se_bottom, math.nan),
        "se_top": np.where(measured, fits.se_top, math.nan),
        "rss": fits.rss,
        "n_wells": fits.wells,
        "n_missing": known["missing"],
        "n_doses": known["doses"],
        "lowest_dose_molar": known["lowest_molar"],
        "highest_dose_molar": known["highest_molar"],
        "p_flat": p_flat,
        "interval_limit": _texts(np.where(fits.wells > 0, fits.limit_learnt.astype(int), -1), ("F", "learnt")),
        "null_curves": null_curves,
        "binds": _binds(fits),
        "converged": fits.converged,
        "refused": known["refusal"] > 0,
        "reason": reason,
        "fit_log10_ec50_molar": fits.log10_ec50_molar,
        "fit_log10_ec50_low": fits.low_log10_ec50,
        "fit_log10_ec50_high": fits.high_log10_ec50,
        "fit_hill_slope": fits.hill_slope,
        "fit_bottom": fits.bottom,
        "fit_top": fits.top,
        "fit_rss_flat": fits.rss_flat,
        "fit_mean": fits.mean,
    }


def _read_off(fits: CurveFits, known: Mapping[str, NDArray[Any]], measured: NDArray[np.bool_]) -> dict[str, Floats]:
    """Return what is read off each curve; empty where it is no curve, or not where doses were."""
    place, error = fits.log10_absolute_ec50, fits.se_log10_absolute_ec50
    with np.errstate(invalid="ignore"):
        tested = (place >= np.log10(known["lowest_molar"])) & (place <= np.log10(known["highest_molar"]))
    here = tested & measured
    df, which = np.unique(np.maximum(fits.wells - PARAMETERS, 1), return_inverse=True)
    error = np.where(fits.binds["bottom"] | fits.binds["top"], math.nan, error)
    reach = special.stdtrit(df, 0.5 + 0.5 * fits.level)[which] * error
    return {
        "absolute_ec50_molar": np.where(here, 10.0**place, math.nan),
        "absolute_ec50_low_molar": np.where(here, 10.0 ** (place - reach), math.nan),
        "absolute_ec50_high_molar": np.where(here, 10.0 ** np.minimum(place + reach, 300.0), math.nan),
        "emax": np.where(measured, fits.response_at_highest_dose, math.nan),
        "se_emax": np.where(measured, fits.se_response_at_highest_dose, math.nan),
    }


def _above_the_box(fits: CurveFits) -> NDArray[np.bool_]:
    """Return which curves the upper limit of the bottom holds while their responses reach beyond it: a rise."""
    high = fits.design.boxes.bottom[1]
    with np.errstate(invalid="ignore"):
        spread = np.sqrt(fits.rss_flat / np.maximum(fits.wells - 1, 1))
        return np.asarray(fits.binds["bottom"] & (fits.bottom >= high) & (fits.mean + spread > high))


def _states(
    fits: CurveFits, known: Mapping[str, NDArray[Any]], refusals: Sequence[str], p_flat: Floats, alpha: float
) -> tuple[NDArray[np.int8], Any]:
    """Return the state of each EC50 and why it is not measured: the first rule that applies decides."""
    place = fits.log10_ec50_molar
    open_low, open_high = ~(fits.low_log10_ec50 > -math.inf), ~(fits.high_log10_ec50 < math.inf)
    flat = ~(p_flat <= alpha)
    held = flat & _above_the_box(fits) & np.isfinite(p_flat)
    rules = (
        (known["refusal"] > 0, NOT_ESTIMABLE, ""),
        (~fits.converged, NOT_ESTIMABLE, "the fit did not converge"),
        (held, NOT_ESTIMABLE, HELD_FLAT),
        (flat, NOT_ESTIMABLE, ""),
        (open_low & open_high, NOT_ESTIMABLE, "the data bound it on neither side"),
        (place > np.log10(known["highest_molar"]), ABOVE, "fitted beyond the highest dose"),
        (place < np.log10(known["lowest_molar"]), BELOW, "fitted below the lowest dose"),
        (open_high, ABOVE, "the interval has no upper end"),
        (open_low, BELOW, "the interval has no lower end"),
    )
    words = [why for _, _, why in rules]
    state, reason = np.full(place.size, MEASURED, np.int8), np.full(place.size, -1)
    left = np.ones(place.size, bool)
    for number, (applies, its_state, why) in enumerate(rules):
        hit = left & applies
        state[hit] = its_state
        if why:
            reason[hit] = number
        elif number:
            codes, more = _flat_words(p_flat[hit])
            reason[hit] = codes + len(words)
            words += more
        else:
            reason[hit] = known["refusal"][hit] + len(words)
            words += refusals
        left &= ~hit
    return state, _texts(reason, words)


def _flat_words(p: Floats) -> tuple[NDArray[np.int64], list[str]]:
    """Return the reason why each flat curve has no EC50, as codes of some words."""
    rounded = np.where(p < SMALL_P, np.rint(p * 1000) / 1000, np.rint(p * 100) / 100)
    values, codes = np.unique(rounded, return_inverse=True)
    told = [f"flat (p = {value:.{3 if value < SMALL_P else 2}f})" for value in values.tolist()]
    return codes, ["no p-value against a flat line" if math.isnan(v) else w for v, w in zip(values, told, strict=True)]


def _binds(fits: CurveFits) -> Any:
    """Return the names of the parameters that a limit holds, joined by commas."""
    held = fits.binds
    codes = np.zeros(fits.wells.size, np.int64)
    for bit, name in enumerate(held):
        codes |= held[name].astype(np.int64) << bit
    found, inverse = np.unique(codes, return_inverse=True)
    words = [", ".join(name for bit, name in enumerate(held) if code >> bit & 1) for code in found.tolist()]
    return _texts(np.where(found[inverse] > 0, inverse, -1) if codes.size else inverse, words)


def _texts(codes: NDArray[Any], words: Sequence[str]) -> Any:
    """Return texts (n,) from which word each is; none where the code is negative."""
    own = np.asarray(codes, np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(own, mask=own < 0), pa.array(words, pa.string()))
