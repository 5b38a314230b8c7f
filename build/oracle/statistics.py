#!/usr/bin/env python3
"""Computes the expected values of shared/statistics/*.test.ts with SciPy and NumPy.

Run once: python3 build/oracle/statistics.py > shared/statistics/statistics.fixture.json
The ICC comes from a NumPy ANOVA written here and is checked against the published value for the
Shrout & Fleiss (1979) table: ICC(2,1) = 0.29.
"""
import json

import numpy as np
import scipy
from scipy import stats


def rounded(x):
    return [round(float(v), 3) for v in x]


def wilcoxon(x, y):
    d = np.asarray(y) - np.asarray(x)
    ties = len(np.unique(np.abs(d))) != len(d)
    exact = len(d) <= 50 and not ties and not np.any(d == 0)
    r = stats.wilcoxon(x, y, zero_method="wilcox", correction=not exact, mode="exact" if exact else "approx")
    return {"before": list(x), "after": list(y), "statistic": float(r.statistic), "p": float(r.pvalue),
            "method": "exact" if exact else "normal"}


def icc_a1(table):
    """ANOVA by explicit projection, not by the formula under test."""
    m = np.asarray(table, float)
    n, k = m.shape
    subject = np.kron(np.eye(n), np.ones((k, 1)))
    rater = np.kron(np.ones((n, 1)), np.eye(k))
    y = m.ravel()

    def rss(design):
        return float(np.sum((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2))

    one = np.ones((n * k, 1))
    both = np.hstack([subject, rater])
    mse = rss(both) / ((n - 1) * (k - 1))
    msr = (rss(one) - rss(subject)) / (n - 1)
    msc = (rss(one) - rss(rater)) / (k - 1)
    # Variance components: sigma2_subject / (sigma2_subject + sigma2_rater + sigma2_error).
    s, r = (msr - mse) / k, (msc - mse) / n
    return s / (s + r + mse)


def holm(p):
    """By definition: the largest over all i <= j of (m - i + 1) p_(i), cut at 1."""
    order = np.argsort(p)
    m = len(p)
    out = np.empty(m)
    for place, index in enumerate(order):
        out[index] = min(1.0, max((m - i) * p[order[i]] for i in range(place + 1)))
    return [float(v) for v in out]


rng = np.random.default_rng(20261122)
x12, y12 = rounded(rng.normal(100, 10, 12)), None
y12 = rounded(np.array(x12) + rng.normal(1, 3, 12))
x40 = rounded(rng.normal(600, 60, 40))
y40 = rounded(np.array(x40) * (1 + rng.normal(-0.01, 0.02, 40)))
x80 = rounded(rng.normal(600, 60, 80))
y80 = rounded(np.array(x80) + rng.normal(-1, 8, 80))
xt = [float(v) for v in rng.integers(0, 8, 30)]
yt = [float(v) for v in rng.integers(0, 9, 30)]
sf = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
assert round(icc_a1(sf), 2) == 0.29
pairs = [[a, b] for a, b in zip(x40, y40)]
p = [0.01, 0.04, 0.03, 0.5, 0.002, 0.03]
d40 = np.array(y40) - np.array(x40)
print(json.dumps({
    "madeBy": f"build/oracle/statistics.py with SciPy {scipy.__version__}, NumPy {np.__version__}",
    "wilcoxon": [wilcoxon(x12, y12), wilcoxon(x40, y40), wilcoxon(x80, y80), wilcoxon(xt, yt),
                 wilcoxon([1, 2, 3, 4, 5], [1, 3, 5, 7, 10.5])],
    "holm": {"p": p, "adjusted": holm(np.array(p))},
    "icc": [{"rows": sf, "icc": icc_a1(sf)}, {"rows": pairs, "icc": icc_a1(pairs)}],
    "blandAltman": {"before": x40, "after": y40, "bias": float(d40.mean()),
                    "low": float(d40.mean() - 1.96 * d40.std(ddof=1)),
                    "high": float(d40.mean() + 1.96 * d40.std(ddof=1))},
    "correlation": [{"x": a, "y": b, "pearson": float(stats.pearsonr(a, b)[0]),
                     "spearman": float(stats.spearmanr(a, b)[0])} for a, b in ((x40, y40), (xt, yt), (x12, y12))],
    "quantile": {"values": x12, "q": [0, 0.025, 0.25, 0.5, 0.9, 1],
                 "expected": [float(np.quantile(x12, q)) for q in (0, 0.025, 0.25, 0.5, 0.9, 1)]},
    "normalTail": [{"z": z, "p": float(stats.norm.sf(z))} for z in (-4, -1, 0, 0.5, 1.96, 2.999, 3, 3.001, 5, 8, 20, 35)],
    "ranks": {"values": xt, "ranks": [float(v) for v in stats.rankdata(xt)]},
    "bootstrapSpearman": {"x": x40, "y": y40, **(lambda r: {"low": float(np.quantile(r, 0.025)), "high": float(np.quantile(r, 0.975))})(
        [stats.spearmanr(*np.array(pairs)[rng.integers(0, 40, 40)].T)[0] for _ in range(5000)])},
}, indent=1))
