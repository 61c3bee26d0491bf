"""What is known of a fitted curve, as columns of numbers and bits of a state."""

(
    OUT_P,
    OUT_K,
    OUT_BOTTOM,
    OUT_TOP,
    OUT_SE_P,
    OUT_SE_K,
    OUT_SE_BOTTOM,
    OUT_SE_TOP,
    OUT_RSS,
    OUT_RSS_FLAT,
    OUT_N,
    OUT_LOW,
    OUT_HIGH,
    OUT_MEAN,
    OUT_HALF,
    OUT_SE_HALF,
    OUT_LAST,
    OUT_SE_LAST,
) = range(18)
"""Columns of what a block fills: parameters, their standard errors, residual sums of the curve and of a flat line,
wells that were used, the ends of the interval of p, the mean response; where the curve is
half of the control (log10 molar) and its response at the highest dose, with standard errors."""
COLUMNS = 18
P_LOWEST, P_HIGHEST, K_LOWEST, K_HIGHEST, BOTTOM_HELD, TOP_HELD, NOT_CONVERGED, TOO_FEW = 1, 2, 4, 8, 16, 32, 64, 128
"""Bits of a curve's state: which boxes bind, and why there is no number."""
NEAR_EDGE = 1e-5
"""So near to the end of its box, in log10 dose or ln slope, a parameter is held by it: a valley leads there."""
PARAMETERS = 4
