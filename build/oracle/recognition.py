#!/usr/bin/env python3
"""Computes the expected values of shared/statistics/recognition.test.ts with scikit-learn, SciPy and NumPy.

Run once: python3 build/oracle/recognition.py > shared/statistics/recognition.fixture.json
The intervals over people come from a NumPy bootstrap written here, which draws people and builds each draw's scores
one by one, without weights.
"""
import json

import numpy as np
import scipy
import sklearn
from scipy import stats
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score, roc_curve

GRID = [0, 0.001, 0.01, 0.05, 0.1, 0.3, 0.5, 0.9, 1]


def rounded(x, digits=3):
    return [round(float(v), digits) for v in x]


def labelled(genuine, impostor):
    y = np.r_[np.ones(len(genuine)), np.zeros(len(impostor))]
    # scikit-learn takes no infinite scores; what could not be compared ranks below everything.
    s = np.nan_to_num(np.r_[genuine, impostor].astype(float), neginf=-1e9)
    return y, s


def eer(y, s, weight=None):
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False, sample_weight=weight)
    return float(brentq(lambda x: 1 - x - interp1d(fpr, tpr)(x), 0, 1))


def d_prime(genuine, impostor):
    g, m = (np.asarray(v, float)[np.isfinite(v)] for v in (genuine, impostor))
    return float((g.mean() - m.mean()) / np.sqrt((g.var(ddof=1) + m.var(ddof=1)) / 2))


def separation(genuine, impostor):
    y, s = labelled(genuine, impostor)
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
    return {"genuine": [None if np.isneginf(v) else v for v in genuine],
            "impostor": [None if np.isneginf(v) else v for v in impostor],
            "auc": float(roc_auc_score(y, s)), "eer": eer(y, s), "dPrime": d_prime(genuine, impostor),
            # Where the curve jumps, the mean of both ends belongs to no reader: only points of the curve are compared.
            "curve": [[float(a), float(b)] for a, b in zip(fpr, tpr)]}


def threshold(impostor, share):
    """By definition: the smallest score of the list from which on few enough others are higher; found by trying all."""
    values = np.sort(np.unique(impostor))
    refused = [v for v in values if np.mean(np.asarray(impostor) > v) <= share + 1e-12]
    return {"impostor": list(impostor), "share": share, "highestRefused": float(min(refused)),
            "accepted": int(np.sum(np.asarray(impostor) > min(refused)))}


def people_bootstrap(score, draws, rng):
    """score[i, j]: probe of person i against person j."""
    n = len(score)
    out = []
    for _ in range(draws):
        who = rng.integers(0, n, n)
        drawn = score[np.ix_(who, who)]
        same = who[:, None] == who[None, :]
        genuine, impostor = score[who, who], drawn[~same]
        y, s = labelled(genuine, impostor)
        out.append((roc_auc_score(y, s), eer(y, s), d_prime(genuine, impostor)))
    low, high = np.quantile(np.array(out), [0.025, 0.975], axis=0)
    return {name: {"low": float(low[n]), "high": float(high[n])} for n, name in enumerate(("auc", "eer", "dPrime"))}


rng = np.random.default_rng(20261126)
apart = (rounded(rng.normal(0.8, 0.1, 40)), rounded(rng.normal(0.5, 0.1, 200)))
alike = (rounded(rng.normal(0.52, 0.1, 33)), rounded(rng.normal(0.5, 0.12, 150)))
tied = ([float(v) for v in rng.integers(2, 8, 25)], [float(v) for v in rng.integers(0, 6, 60)])
faceless = (tied[0] + [-np.inf] * 6, tied[1] + [-np.inf] * 15)

# A cohort in which people differ: some look like everybody, so the scores of one person hang together.
people = 25
looks_like_all = rng.normal(0, 0.08, people)
matrix = 0.5 + looks_like_all[:, None] + 0.5 * looks_like_all[None, :] + rng.normal(0, 0.05, (people, people))
matrix[np.diag_indices(people)] += 0.14
matrix = np.round(matrix, 4)
times = rng.integers(0, 4, people)
off = ~np.eye(people, dtype=bool)
i, j = np.nonzero(off)
y, s = labelled(np.diag(matrix), matrix[off])
weight = np.r_[times, times[i] * times[j]]
repeated = (np.repeat(np.diag(matrix), times), np.repeat(matrix[off], times[i] * times[j]))

gallery = rounded(rng.normal(0, 1, 12), 1) + [0.3, 0.3]
print(json.dumps({
    "madeBy": f"build/oracle/recognition.py with scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, "
              f"NumPy {np.__version__}",
    "separation": [{"name": n, **separation(*v)} for n, v in
                   (("apart", apart), ("alike", alike), ("tied", tied), ("some without a face", faceless))],
    "rank": {"scores": gallery, "ranks": [float(v) for v in stats.rankdata([-v for v in gallery])]},
    "wilson": [{"successes": k, "n": n, "confidence": c, "low": float(r.low), "high": float(r.high)}
               for k, n, c in ((0, 30, 0.95), (30, 30, 0.95), (3, 30, 0.95), (17, 40, 0.9), (1, 1, 0.99), (500, 1000, 0.95))
               for r in [stats.binomtest(k, n).proportion_ci(c, method="wilson")]],
    "threshold": [threshold(apart[1], 0.01), threshold(apart[1], 0.1), threshold(tied[1], 0.05),
                  threshold(tied[1], 0.2), threshold([0.1, 0.2, 0.3], 0.01), threshold(alike[1], 0.07)],
    "cohort": {
        "matrix": [rounded(row, 4) for row in matrix], "times": [int(t) for t in times],
        "weighted": {"auc": float(roc_auc_score(y, s, sample_weight=weight)), "eer": eer(y, s, weight),
                     "dPrime": d_prime(*repeated)},
        "people": people_bootstrap(matrix, 4000, rng),
    },
}, indent=1))
