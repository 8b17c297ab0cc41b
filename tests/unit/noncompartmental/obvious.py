"""The obvious way to analyse a profile: a single dose by mouth, missing below the limit; slow, and plain to see."""

from itertools import pairwise

import numpy as np


def one_by_one(times, levels, below, amount):
    """Measures of one profile, piece by piece."""
    told = [(t, c) for t, c, b in zip(times, levels, below, strict=True) if not b and np.isfinite(c)]
    first = told[0][0]
    points = sorted({(0.0, 0.0), *((t, 0.0) for t, b in zip(times, below, strict=True) if b and t < first), *told})
    auc = aumc = 0.0
    for (t1, c1), (t2, c2) in pairwise(points):
        if 0.0 < c2 < c1:
            k = np.log(c1 / c2) / (t2 - t1)
            auc += (c1 - c2) / k
            aumc += (t1 * c1 - t2 * c2) / k + (c1 - c2) / k**2
        else:
            auc += (t2 - t1) * (c1 + c2) / 2
            aumc += (t2 - t1) * (t1 * c1 + t2 * c2) / 2
    peak = max(range(len(told)), key=lambda i: told[i][1])
    late, fits = told[peak + 1 :], []
    for k in range(3, len(late) + 1):
        x, y = np.array(late[-k:]).T
        slope, _ = np.polyfit(x, np.log(y), 1)
        r2 = np.corrcoef(x, np.log(y))[0, 1] ** 2
        fits.append((1 - (1 - r2) * (k - 1) / (k - 2), k, -slope))
    answer = {"auc_last": auc, "aumc_last": aumc, "cmax": told[peak][1], "tmax": told[peak][0]}
    if fits:
        best = max(fit[0] for fit in fits)
        _, k, rate = next(fit for fit in reversed(fits) if fit[0] >= best - 1e-4)
        if rate > 0.0:
            t, c = told[-1]
            infinite = auc + c / rate
            moment = aumc + t * c / rate + c / rate**2
            answer |= {"lambda_z": rate, "lambda_z_points": k, "auc_inf": infinite, "cl_f": amount / infinite}
            answer |= {"mrt": moment / infinite}
    return answer
