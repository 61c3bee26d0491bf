"""What lifelines makes of the trials of a file: run with a Python that has it, by ``benchmarks/trials.py``.

    python benchmarks/trials_peer.py TRIALS.npz

Prints JSON: seconds for the loop, and chi-squares and log hazard ratios of each trial, to be compared with avpi's.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np


def main() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import logrank_test
    from lifelines.utils import restricted_mean_survival_time

    held = np.load(sys.argv[1])
    tau = float(held["tau"])
    rows = []
    begin = time.perf_counter()
    for months, event, arm in zip(held["months"], held["event"], held["arm"], strict=True):
        one, other = arm == 1, arm == 0
        found = []
        for p, q in ((None, None), (0, 1), (1, 0), (1, 1)):
            kind = {} if p is None else {"weightings": "fleming-harrington", "p": p, "q": q}
            test = logrank_test(months[one], months[other], event[one], event[other], **kind)
            found.append(float(test.test_statistic))
        means = [
            restricted_mean_survival_time(KaplanMeierFitter().fit(months[k], event[k]), t=tau) for k in (one, other)
        ]
        rows.append([*found, float(means[0] - means[1])])
    print(json.dumps({"seconds": time.perf_counter() - begin, "rows": rows}))


if __name__ == "__main__":
    main()
