"""Closed-form functions of 4 to 12 hyperparameters, of ten kinds: one of each kind in either half."""

from __future__ import annotations

import numpy as np

from benchmarks.known import Column, KnownFunction, total


def floats(names, baselines, kind="float"):
    return [Column(name, at, kind=kind) for name, at in zip(names.split(), baselines, strict=True)]


def log(name, baseline):
    return Column(name, baseline, kind="log")


def integer(name, low, high, baseline):
    return Column(name, (baseline - low) / (high - low), tuple(range(low, high + 1)), "int")


def ordinal(name, values, baseline):
    return Column(name, baseline / (len(values) - 1), tuple(values), "ordinal")


def choice(name, values, baseline=0):
    return Column(name, float(baseline), tuple(values), "choice")


def valley(at, depth):
    return lambda x: -depth * (x - at) ** 2


def peak(at, width, height=1.0):
    return lambda x: height * np.exp(-0.5 * ((x - at) / width) ** 2)


def lookup(table):
    """A term that reads positions of choices (and units of others) from a function of integers."""
    table = np.asarray(table, dtype=float)
    return lambda x: table[x.astype(int)]


def waves(seed, n_columns, n_waves=24, scale=3.0):
    """A smooth random function: a sum of random cosines, with the variance of a process."""
    generator = np.random.default_rng(seed)
    frequencies = generator.normal(scale=scale, size=(n_waves, n_columns))
    phases = generator.uniform(0, 2 * np.pi, n_waves)

    def wave(*x):
        angles = sum(np.multiply.outer(frequencies[:, i], x[i]) for i in range(n_columns))
        return np.sqrt(2 / n_waves) * np.cos(angles + phases[:, None]).sum(axis=0)

    return wave


def accuracy(parts):
    return 0.5 + 0.45 * np.exp(total(parts))


def logistic(x, at, slope):
    return 1 / (1 + np.exp(-slope * (x - at)))


DEVELOP = [
    KnownFunction(
        "smooth_5",
        "smooth",
        "develop",
        (
            log("rate", 0.4),
            *floats("momentum dropout", (0.3, 0.5)),
            log("decay", 0.7),
            integer("layers", 1, 6, 2),
        ),
        [
            ((0, 1), lambda x, m: -6 * (x + 0.4 * m - 0.8) ** 2),
            ((2, 4), lambda d, n: -1.5 * (d - 0.2 - 0.3 * n) ** 2),
            ((3,), valley(0.3, 0.5)),
        ],
        accuracy,
    ),
    KnownFunction(
        "plateau_6",
        "plateau",
        "develop",
        tuple(floats("a b c d e f", (0.1, 0.5, 0.9, 0.4, 0.5, 0.5))),
        [
            ((0, 1), lambda a, b: np.floor(4 * np.clip(a * (0.5 + b), 0, 0.999)) / 4),
            ((2,), lambda c: np.where((c > 0.3) & (c < 0.6), 0.6, 0.0)),
            ((3, 4), lambda d, e: 0.5 * ((d > 0.5) ^ (e > 0.7))),
            ((5,), lambda f: 0.1 * (f > 0.8)),
        ],
    ),
    KnownFunction(
        "narrow_4",
        "narrow",
        "develop",
        (log("rate", 0.6), *floats("b c d", (0.5, 0.3, 0.5))),
        [
            ((0, 1), lambda x, b: peak(0.25 + 0.1 * b, 0.07)(x) + 0.3 * x),
            ((2,), valley(0.6, 0.5)),
            ((3,), lambda d: 0.1 * np.sin(4 * d)),
        ],
    ),
    KnownFunction(
        "cliff_6",
        "cliff",
        "develop",
        (log("rate", 0.3), *floats("momentum b c d e", (0.5, 0.2, 0.5, 0.8, 0.5))),
        [
            ((0, 1), lambda x, m: np.where(x + 0.4 * m < 0.85, 1.2 * x + 0.3 * m, -1.0)),
            ((2, 3), lambda b, c: 0.5 * b * c),
            ((4,), valley(0.4, 0.8)),
            ((5,), lambda e: 0.05 * e),
        ],
    ),
    KnownFunction(
        "heavy_6",
        "heavy tail",
        "develop",
        (
            *floats("a b", (0.5, 0.5)),
            *floats("c d", (0.6, 0.2), "log"),
            *floats("e f", (0.5, 0.5)),
        ),
        [
            ((0, 2), lambda a, c: valley(0.3, 7)(a) - 4 * (c - 0.2 * a - 0.2) ** 2),
            ((1,), valley(0.8, 4)),
            ((3, 4), lambda d, e: -1.5 * d * e),
            ((5,), lambda f: -0.2 * f),
        ],
        lambda parts: -np.exp(-0.6 * total(parts)),
    ),
    KnownFunction(
        "conditional_6",
        "conditional",
        "develop",
        (
            choice("optimizer", ("sgd", "adam"), 0),
            *floats("momentum beta", (0.2, 0.5)),
            log("rate", 0.4),
            *floats("dropout width", (0.5, 0.3)),
        ),
        [
            (
                (0, 1, 2, 3),
                lambda o, m, b, x: np.where(
                    o == 0,
                    0.6 - 3 * (x + 0.3 * m - 0.85) ** 2 + 0.2 * m,
                    0.8 - 3 * (x - 0.4) ** 2 - 1.5 * (b - 0.8) ** 2,
                ),
            ),
            ((4, 5), lambda d, w: 0.4 * w - 0.5 * (d - 0.5 * w) ** 2),
        ],
        children={1: (0, (0,)), 2: (0, (1,))},
    ),
    KnownFunction(
        "mixed_7",
        "categorical",
        "develop",
        (
            choice("kernel", ("linear", "poly", "rbf", "sigmoid"), 0),
            choice("scaler", ("none", "standard", "robust"), 1),
            ordinal("batch", (16, 32, 64, 128, 256), 1),
            integer("depth", 1, 12, 3),
            log("rate", 0.5),
            *floats("subsample penalty", (0.9, 0.3)),
        ),
        [
            (
                (0, 4),
                lambda k, x: (
                    lookup([0.2, 0.45, 0.5, 0.0])(k)
                    - lookup([0.3, 2, 2, 1])(k) * (x - lookup([0.5, 0.2, 0.8, 0.3])(k)) ** 2
                ),
            ),
            ((1, 3), lambda s, n: lookup([0, 0.1, 0.25])(s) * (0.3 + n)),
            ((2, 5), lambda b, s: 0.3 * (b - 0.5) * (0.8 - s)),
            ((6,), valley(0.5, 0.2)),
        ],
    ),
    KnownFunction(
        "bottleneck_8",
        "no sum",
        "develop",
        tuple(floats("a b c d e f g h", (0.3, 0.5, 0.4, 0.6, 0.3, 0.5, 0.5, 0.8))),
        [
            ((0, 1), lambda a, b: 1 - 2 * (a - b) ** 2 - (a - 0.8) ** 2),
            ((2, 3), lambda c, d: 0.4 + 0.5 * c + 0.3 * d * c),
            ((4, 5, 6), lambda e, f, g: 0.5 + 0.6 * e * f + 0.2 * g),
            ((7,), lambda h: 0.6 + 0.3 * h),
        ],
        lambda parts: np.min(parts, axis=0),
    ),
    KnownFunction(
        "field_5",
        "random field",
        "develop",
        tuple(floats("a b c d e", (0.5, 0.5, 0.5, 0.5, 0.5))),
        [((0, 1, 2, 3), waves(1, 4)), ((4,), lambda e: 0.4 * np.sin(5 * e))],
    ),
    KnownFunction(
        "sparse_12",
        "sparse",
        "develop",
        tuple(floats("a b c d e f g h i j k l", (0.2, 0.7, *[0.5] * 10))),
        [
            ((0, 1), lambda a, b: -3 * (a - 0.7) ** 2 + a * b),
            ((2,), lambda c: 0.5 * np.sin(5 * c)),
            *[((i,), valley(0.3 + 0.04 * i, 0.05)) for i in range(3, 12)],
        ],
    ),
]


REPORT = [
    KnownFunction(
        "smooth_8",
        "smooth",
        "report",
        (
            *floats("rate decay", (0.3, 0.5), "log"),
            *floats("a b c d", (0.5, 0.2, 0.8, 0.5)),
            integer("layers", 1, 5, 1),
            ordinal("batch", (16, 32, 64, 128, 256, 512), 1),
        ),
        [
            ((0, 7), lambda x, b: 0.6 * np.cos(4 * (x - 0.5 - 0.3 * (b - 0.5)))),
            ((1, 6), lambda w, n: 0.4 * np.sin(2 * w + 1.5 * n)),
            ((2, 3), lambda a, b: 0.8 * a * b - 0.5 * a**2),
            ((4,), valley(0.35, 0.6)),
            ((5,), lambda d: 0.05 * d),
        ],
    ),
    KnownFunction(
        "plateau_5",
        "plateau",
        "report",
        (log("rate", 0.5), *floats("a b c d", (0.4, 0.5, 0.3, 0.5))),
        [
            ((0, 1), lambda x, a: 1.2 * np.tanh(4 * (peak(0.7, 0.2)(x) - 0.6 * a))),
            ((2,), lambda b: np.minimum(2 * b, 0.8)),
            ((3, 4), lambda c, d: 0.4 * np.round(2 * c) * np.round(d)),
        ],
        lambda parts: np.maximum(0.1, 0.1 + 0.3 * total(parts)),  # no worse than chance
    ),
    KnownFunction(
        "narrow_6",
        "narrow",
        "report",
        tuple(floats("a b c d e f", (0.3, 0.7, 0.5, 0.2, 0.5, 0.5))),
        [
            ((0, 1), lambda a, b: peak(0.0, 0.1)(a - b) * (0.4 + 0.6 * a)),
            ((2,), peak(0.82, 0.06, 0.7)),
            ((3, 4), lambda d, e: 0.3 * d + 0.2 * d * e),
            ((5,), lambda f: 0 * f),
        ],
    ),
    KnownFunction(
        "cliff_5",
        "cliff",
        "report",
        (
            log("rate", 0.4),
            ordinal("batch", (16, 32, 64, 128, 256), 2),
            integer("units", 1, 10, 4),
            *floats("a b", (0.5, 0.5)),
        ),
        [
            (
                (1, 2),
                lambda b, u: np.where(b + u < 1.3, 0.5 * u + 0.2 * b, -0.6),  # out of memory
            ),
            ((0, 3), lambda x, a: np.where(x < 0.6 + 0.3 * a, 0.8 * x, -0.8) - 0.2 * a),
            ((4,), valley(0.2, 0.4)),
        ],
    ),
    KnownFunction(
        "heavy_8",
        "heavy tail",
        "report",
        (
            *floats("rate decay", (0.5, 0.4), "log"),
            *floats("a b c d e f", (0.5, 0.3, 0.6, 0.5, 0.5, 0.5)),
        ),
        [
            ((0, 2), lambda x, a: 1 - 3 * (x - 0.3 - 0.3 * a) ** 2),
            ((1,), valley(0.6, 0.5)),
            ((3, 4), lambda b, c: -0.3 * np.abs(b - c)),
            ((5, 6), lambda d, e: 0.1 * d * e),
            ((7,), valley(0.5, 0.1)),
        ],
        lambda parts: -1 / (0.05 + np.maximum(total(parts), 0)),  # a loss that explodes
    ),
    KnownFunction(
        "conditional_8",
        "conditional",
        "report",
        (
            choice("kernel", ("linear", "poly", "rbf", "sigmoid"), 2),
            log("gamma", 0.6),
            integer("degree", 2, 5, 3),
            *floats("coef0", (0.2,)),
            log("C", 0.4),
            choice("scaler", ("none", "standard"), 0),
            *floats("a b", (0.5, 0.4)),
        ),
        [
            (
                (0, 1, 2, 3),
                lambda k, g, n, c: np.choose(
                    k.astype(int),
                    [
                        0.35 + 0 * g,
                        0.5 - 1.5 * (g - 0.3) ** 2 - 0.3 * n + 0.2 * c,
                        0.75 - 2.5 * (g - 0.35) ** 2,
                        0.2 - (g - 0.2) ** 2 - 0.3 * c,
                    ],
                ),
            ),
            ((4, 5), lambda c, s: (0.5 + 0.5 * s) * (0.4 - 1.2 * (c - 0.5 - 0.2 * s) ** 2)),
            ((6, 7), lambda a, b: 0.2 * a * (1 - b)),
        ],
        children={1: (0, (1, 2, 3)), 2: (0, (1,)), 3: (0, (1, 3))},
    ),
    KnownFunction(
        "mixed_9",
        "categorical",
        "report",
        (
            choice("model", ("knn", "svm", "tree", "mlp", "bayes"), 2),
            choice("scaler", ("none", "standard", "robust"), 0),
            choice("balanced", (False, True), 0),
            integer("features", 2, 20, 10),
            ordinal("bins", (2, 4, 8, 16, 32), 2),
            *floats("rate penalty", (0.5, 0.5), "log"),
            *floats("a b", (0.5, 0.5)),
        ),
        [
            (
                (0, 1),
                lambda m, s: (
                    lookup([0.2, 0.3, 0.4, 0.35, 0.1])(m)
                    + lookup([0.25, 0.3, 0.0, 0.25, 0.05])(m) * lookup([0, 1, 0.8])(s)
                ),
            ),
            ((2, 3), lambda w, f: lookup([0.0, 0.1])(w) + 0.25 * np.sin(3 * f)),
            ((4, 5), lambda b, x: -0.6 * (x - 0.3 - 0.4 * b) ** 2),
            ((6,), valley(0.75, 0.5)),
            ((7, 8), lambda a, b: 0.1 * a * b),
        ],
    ),
    KnownFunction(
        "product_6",
        "no sum",
        "report",
        tuple(floats("a b c d e f", (0.5, 0.3, 0.6, 0.5, 0.5, 0.5))),
        [
            ((0, 1), lambda a, b: logistic(a + b, 1.1, 5)),
            ((2,), lambda c: 0.2 + 0.8 * np.exp(-8 * (c - 0.3) ** 2)),
            ((3, 4), lambda d, e: 0.5 + 0.5 * np.cos(2 * (d - 0.8 * e)) ** 2),
            ((5,), lambda f: 0.9 + 0.1 * f),
        ],
        lambda parts: np.prod(parts, axis=0),
    ),
    KnownFunction(
        "field_4",
        "random field",
        "report",
        tuple(floats("a b c d", (0.4, 0.6, 0.5, 0.3))),
        [((0, 1, 2, 3), waves(12, 4, scale=2.5))],
    ),
    KnownFunction(
        "sparse_10",
        "sparse",
        "report",
        tuple(floats("a b c d e f g h i j", (0.5, 0.2, 0.3, *[0.5] * 7))),
        [
            ((0, 1), lambda a, b: np.abs(a - 0.4) * (0.5 + b)),
            ((2, 3), lambda c, d: 0.6 * np.exp(-3 * (c - d) ** 2) * d),
            *[((i,), valley(0.6, 0.03 * i)) for i in range(4, 10)],
        ],
    ),
]


def closed_forms(half):
    """Known functions of a half: "develop", "report" or "both"."""
    return {"develop": DEVELOP, "report": REPORT, "both": [*DEVELOP, *REPORT]}[half]
