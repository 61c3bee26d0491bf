"""An interval over experiments where one experiment alone cannot be fitted: each is left out in turn.

Tukey's pseudo-values n whole - (n - 1) left_out are treated as one value from each experiment (Tukey 1958 Ann Math Stat
29:614; Miller 1974 Biometrika 61:1, doi:10.1093/biomet/61.1.1). Rough with three experiments, but it lets days differ,
which an interval from pooled lanes does not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from avpi.estimate import Estimate, not_estimable

LEAST_EXPERIMENTS = 3
"""With two, each pseudo-value is the other experiment's own fit and the interval has one degree of freedom."""


def jackknife_estimate(
    whole: float,
    left_out: Sequence[float],
    what: str,
    *,
    level: float = 0.95,
    unit: str = "",
    logarithmic: bool = False,
) -> Estimate:
    """Return a number of the pooled fit with its interval over experiments.

    Parameters
    ----------
    whole : the number of the fit of all experiments.
    left_out : (n,) the number of the fit without each experiment.
    logarithmic : work on the logarithm, for times and doses.
    """
    n = len(left_out)
    values = np.array([whole, *left_out])
    if n < LEAST_EXPERIMENTS or not np.all(np.isfinite(values)) or (logarithmic and not np.all(values > 0)):
        why = f"{what}: a jackknife needs {LEAST_EXPERIMENTS} experiments, each of which can be left out"
        return not_estimable(why, unit=unit, n=n)
    if logarithmic:
        values = np.log(values)
    pseudo = n * values[0] - (n - 1) * values[1:]
    reach = float(stats.t.ppf(0.5 + level / 2, n - 1)) * float(np.std(pseudo, ddof=1)) / math.sqrt(n)
    ends = [float(values[0]), float(values[0]) - reach, float(values[0]) + reach]
    value, low, high = (math.exp(min(end, 700.0)) for end in ends) if logarithmic else ends
    method = f"{what}: fit of all experiments, jackknife over {n} independent experiments ({n - 1} df)"
    return Estimate(value=value, low=low, high=high, level=level, unit=unit, n=n, method=method)
