"""Directions of labelled attributes: how latents change with one label while others stay.

The direction is the coefficient of a multiple regression of the latents on the label and on the
labels to hold fixed. Without any to hold fixed it is the difference of the class means; with them,
a direction of glasses doesn't change the age. The AUC is that of an L2-regularised logistic
regression, on people it wasn't fitted to: its normal separates best, but leads away from the
distribution of faces, so it is not used to move them (Haufe et al., "On the interpretation of
weight vectors of linear models in multivariate neuroimaging", 2014).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.latent_statistics import LatentStatistics
from model.latents.directions import Direction, spread_along
from model.progress import WorkProgress
from model.system.threads import importing

METHOD = "multiple regression on labels; AUC by logistic regression on other people"
MIN_AUC = 0.9

_TEST_SHARE = 0.2
_MIN_CLASS = 20
_INVERSE_PENALTY = 0.003
_RIDGE = 1.0

Floats = NDArray[np.float32]
Labels = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A label to find a direction of, the name to show, and the labels to hold fixed."""

    label: str
    name: str
    held: tuple[str, ...] = ()


def attribute_directions(
    attributes: Sequence[Attribute],
    latents: Floats,
    labels: Mapping[str, Labels],
    people: Sequence[str],
    statistics: LatentStatistics,
) -> Iterator[WorkProgress | Direction]:
    """Yield each attribute's direction with its AUC, best or not, after ``WorkProgress``.

    ``latents`` (N, L) and each label (N,) are of faces of these N ``people``; a fifth of the
    people is kept for measuring. A label with fewer than 20 faces in a class is left out.
    """
    test = held_out_people(people)
    for number, attribute in enumerate(attributes, 1):
        yield WorkProgress("Finding attributes", number - 1, len(attributes))
        wanted = labels[attribute.label]
        if min(_classes(wanted[test]) + _classes(wanted[~test])) < _MIN_CLASS:
            continue
        held = np.array([labels[name] for name in attribute.held], np.bool_).reshape(-1, len(test))
        step = effect(latents, wanted, held)
        vector = np.asarray(step / np.linalg.norm(step), np.float32)
        sigma = spread_along(statistics, vector)
        auc = separation(latents, wanted, test)
        yield Direction(attribute.name, "attribute", vector, sigma, auc, METHOD)


def effect(latents: Floats, wanted: Labels, held: Labels) -> Floats:
    """Return the change (L,) of the latents with one label (N,), held ones (M, N) being equal."""
    design = np.vstack([wanted, held]).T.astype(np.float64)
    design -= design.mean(axis=0)
    gram = design.T @ design + _RIDGE * np.eye(design.shape[1])  # labels may depend on each other
    weights = np.linalg.solve(gram, design.T)[0].astype(np.float32)
    return np.asarray(weights @ (latents - latents.mean(axis=0)), np.float32)


def separation(latents: Floats, wanted: Labels, test: Labels) -> float:
    """Return the AUC on the test faces of a logistic regression on the others' latents."""
    with importing:
        from sklearn.metrics import roc_auc_score

    normal = classifier(latents[~test], wanted[~test])
    return float(roc_auc_score(wanted[test], latents[test] @ normal))


def classifier(latents: Floats, wanted: Labels) -> Floats:
    """Return the normal (L,) of a logistic regression on latents (N, L) and a label (N,).

    Latents @ normal are the logarithms of the label's odds, but for a constant.
    """
    with importing:
        from sklearn.linear_model import LogisticRegression

    mean, spread = latents.mean(axis=0), latents.std(axis=0)
    used = spread > 1e-3 * spread.max()  # some dimensions of an ELU code never move
    regression = LogisticRegression(C=_INVERSE_PENALTY, max_iter=200, tol=1e-3)
    regression.fit((latents[:, used] - mean[used]) / spread[used], wanted)
    normal = np.zeros(latents.shape[1], np.float32)
    normal[used] = regression.coef_[0] / spread[used]
    return normal


def held_out_people(people: Sequence[str]) -> Labels:
    """Return which faces (N,) are of the fifth of the people that is kept for measuring."""
    names, person = np.unique(np.asarray(people), return_inverse=True)
    order = np.random.RandomState(0).permutation(len(names))
    return np.asarray(np.isin(person, order[: round(len(names) * _TEST_SHARE)]))


def _classes(wanted: Labels) -> list[int]:
    return [int(wanted.sum()), int((~wanted).sum())]
