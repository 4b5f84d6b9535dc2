"""From decisions to weights: a regularised logistic regression by scikit-learn, calibrated, tried on later ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression

from service.decide.precision import Past
from service.decide.triage import AS_GOOD, AS_SPAM, Model
from service.model.weights import FEWEST, PastAt
from service.values.state import State
from workers.learning.lessons import Lesson

STRENGTH = 10.0
"""Of the regularisation, inverted (scikit-learn's ``C``)."""

PARTS = 5
"""Parts of the decisions in the order of time: each but the first is foretold by what came before it. Calibrating
divides what it has into as many."""

FOLDS = 5


def enough(lessons: Iterable[Lesson]) -> bool:
    """Whether what is learned of them is worth saying: of both kinds there must be :data:`FEWEST`."""
    return fewest(lessons) >= FEWEST


def fewest(lessons: Iterable[Lesson]) -> int:
    """How many there are of the kind, spam or approved, of which there are fewer."""
    decided = [lesson.decided for lesson in lessons]
    return min(decided.count(State.SPAM), decided.count(State.APPROVED))


def fit(lessons: Sequence[Lesson]) -> Model:
    """The model that these decisions teach, two of either kind at the least."""
    taught = [lesson for lesson in lessons if lesson.decided in (State.SPAM, State.APPROVED)]
    buckets, columns = np.unique(np.concatenate([lesson.buckets for lesson in taught]), return_inverse=True)
    counts = np.concatenate([lesson.counts for lesson in taught]).astype(float)
    ends = np.cumsum([0, *(len(lesson.buckets) for lesson in taught)])
    seen = csr_array((counts, columns.astype(np.int32), ends.astype(np.int32)), shape=(len(taught), len(buckets)))
    spam = np.array([lesson.decided is State.SPAM for lesson in taught])
    slope, weights, bias = _regressed(seen, spam)
    return Model.of(slope[0] * bias + slope[1], dict(zip(buckets.tolist(), (slope[0] * weights).tolist(), strict=True)))


def past(lessons: Sequence[Lesson]) -> PastAt:
    """How often triage would have been right on decisions that came later than what it had learned from."""
    foretold = list(foretell(lessons))
    return {
        State.SPAM: {at: _right(foretold, State.SPAM, lambda spam, at=at: spam >= at) for at in AS_SPAM},
        State.APPROVED: {at: _right(foretold, State.APPROVED, lambda spam, at=at: spam <= at) for at in AS_GOOD},
    }


def foretell(lessons: Sequence[Lesson]) -> Iterator[tuple[float, State]]:
    """The probability that a model of the parts before its own gives each decision, beside what it was."""
    borders = [len(lessons) * part // PARTS for part in range(1, PARTS + 1)]
    for begin, end in pairwise(borders):
        if enough(lessons[:begin]):
            model = fit(lessons[:begin])
            yield from ((model.spam(lesson.counted), lesson.decided) for lesson in lessons[begin:end])


def _regressed(seen: Any, spam: Any) -> tuple[tuple[float, float], Any, float]:
    """Weights and bias of the regression, and the line (Platt, 1999) that makes probabilities of what they give."""
    regression = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=0)
    folds = min(FOLDS, int(spam.sum()), int((~spam).sum()))
    calibrated = CalibratedClassifierCV(regression, method="sigmoid", cv=folds, ensemble=False).fit(seen, spam)
    [found] = calibrated.calibrated_classifiers_
    [line] = found.calibrators
    # Of very few decisions the line may fall, which would turn spam and its opposite round: then there is none.
    slope = (-float(line.a_), -float(line.b_)) if line.a_ < 0 else (1.0, 0.0)
    return slope, found.estimator.coef_[0], float(found.estimator.intercept_[0])


def _right(foretold: Iterable[tuple[float, State]], to: State, sure: Any) -> Past:
    beyond = [decided for spam, decided in foretold if sure(spam)]
    return Past(len(beyond), beyond.count(to))
