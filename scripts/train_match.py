"""Train the shipped weights of `match`: `python -m scripts.train_match --data PATH`.

Seeded and repeatable; needs the optional group `train`. It learns from the training half of `ouidire.evaluation` alone:
other places, other names and other phrasings than those that measure. Where the posts say nothing of a value, its
weight stays what `match_prior.toml` believes: what is learned is the difference, drawn to nought. What sentences say by
how they go around a name (`ouidire.match.wording`) is one value of those, and which of several places that one post
names they mean (`ouidire.match.contrast`) another: of a post that teaches, it is what a model that has learned from
other hands alone says of it.
"""

from __future__ import annotations

import argparse
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from ouidire.domain.lesson import Lessons
from ouidire.domain.share import Share
from ouidire.evaluation.filling import Case, cases
from ouidire.evaluation.phrasings import load
from ouidire.evaluation.world import Half, World, build
from ouidire.match import contrast as contrasts
from ouidire.match import policy
from ouidire.match.contrast import Contrast, Stretch, Turn
from ouidire.match.evidence import Gathered, speaks_of_another
from ouidire.match.look import Look
from ouidire.match.matcher import Matcher
from ouidire.match.model import BIAS, Model, Thresholds, Weights
from ouidire.match.where import candidates, stretches, unknown
from ouidire.match.wording import BITS, MOST, Wording, turns

TARGET = Path(__file__).parents[1] / "src/ouidire/match/model.json"
PRIOR = Path(__file__).with_name("match_prior.toml")
WORDING, CONTRAST = "wording.npz", "contrast.npz"
_OFTEN_FILLED, _CONTRAST_PULL = 3, 0.3
"""How often a phrasing that names a sister is filled with places; how strongly the weights of `contrast` are drawn to
nought."""
PULLS = {"about": (2.0, 8.0, 32.0), "place": (0.5, 2.0, 8.0)}
FOLDS = 5
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Values = Mapping[str, float]
Bounds = Sequence[tuple[float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Row:
    """One organisation that a post bears a sign of, and whether it is the one meant.

    `rivals`: the numbers of the rows of other houses of that name in the same post. `turns`: of its wording.
    `is_of_business`: does it go as sentences about a business do; None where that is not told: it is about another, or
    something else than its wording says why it is not about us.
    """

    values: Values
    is_ours: bool
    rivals: tuple[int, ...]
    phrasing: str
    turns: tuple[int, ...]
    is_of_business: bool | None

    @property
    def most(self) -> float:
        """What its wording may say at most."""
        return 0.0 if speaks_of_another(self.values) else MOST


@dataclass(frozen=True, slots=True)
class Choice:
    """What speaks for each place that may be meant, and last for none; `shares` say which is right.

    `row` is the number of the pair of post and organisation; a choice of a wrong organisation only measures. `places`
    are those of the options but the last.
    """

    row: int
    is_ours: bool
    places: tuple[str, ...]
    options: tuple[Values, ...]
    shares: tuple[float, ...]
    phrasing: str
    told_apart: Apart | None


@dataclass(frozen=True, slots=True)
class Apart:
    """Where a post names places that cannot all be meant, and how it goes around each."""

    stretches: tuple[Stretch, ...]
    turns: tuple[Turn, ...]

    @classmethod
    def of(cls, look: Look, one: Gathered) -> Apart | None:
        named = stretches(one.points.spots)
        if not contrasts.is_contrast(named):
            return None
        return cls(tuple(named), tuple(contrasts.turns(look.folded, named, sorted(one.points.pointed.own))))

    def right(self, place_id: str) -> tuple[bool, ...]:
        return tuple(place_id in one.place_ids for one in self.stretches)


def matcher_of(world: World, posts: Sequence[Case]) -> Matcher:
    """Of a small house: it looks at every hit, so that the model sees what a large one passes over."""
    habits: dict[str, dict[str, dict[str, int]]] = {}
    for post in posts:
        if (known := post.habit) is not None:
            key = f"{post.item.connector}:{known.author_uri}"
            habits.setdefault(known.organisation_id, {})[key] = {known.place_id: known.times}
    policy.SMALL_HOUSE = len(world.watches)
    blank = Model({}, Weights({}), Weights({}), Thresholds(0.5, 0.5, 0.5, 0.5, 0.5))
    return Matcher(
        world.watches, world.places, lessons=Lessons(habits=habits), model=blank, wording=Wording.silent(),
        contrast=Contrast.silent(),
    )  # fmt: skip


def rows_and_choices(matcher: Matcher, posts: Iterable[Case]) -> tuple[list[Row], list[Choice]]:
    rows: list[Row] = []
    choices: list[Choice] = []
    for post in posts:
        look, every = matcher.evidence(post.item)
        gathered = [one for one in every if not one.points.pointed.listings and one.organisation_id not in post.named]
        numbers = {one.organisation_id: len(rows) + at for at, one in enumerate(gathered)}
        for one in gathered:
            is_ours = one.organisation_id == post.organisation_id
            phrasing = f"{post.phrasing.hand}:{post.phrasing.number}"
            found = turns(look.folded, one.spans, one.beside(look)) if one.spans else {}
            values = one.findings.values
            is_unsaid = speaks_of_another(values) or any(name in values for name in _NAMESAKES)
            of_business = True if is_ours else None if is_unsaid else False
            rivals = (numbers.get(rival.organisation_id) for rival in one.rivals)
            known = tuple(number for number in rivals if number is not None)
            rows.append(Row(values, is_ours, known, phrasing, tuple(found), of_business))
            speaks = candidates(look, one.known, one.points)
            if speaks:
                none = unknown(look, one.known, one.points).values
                options = (*(about.values for about in speaks.values()), none)
                shares = _shares(list(speaks), post, one.points.left) if is_ours else (*[0.0] * len(speaks), 1.0)
                apart = Apart.of(look, one)
                choices.append(Choice(len(rows) - 1, is_ours, tuple(speaks), options, shares, phrasing, apart))
    return rows, choices


_NAMESAKES = ("shared", "rival", "tied", "covered")
"""Values that say by themselves why it may be about another of that name."""


def _shares(places: Sequence[str], post: Case, left: frozenset[str]) -> tuple[float, ...]:
    """The place where it can be told; else any of those that fit, each as likely, where they are few; else none."""
    if post.place_id is not None:
        told = [float(place == post.place_id) for place in places]
    elif post.target.id in left and 2 <= len(left) <= 3:
        told = [float(place in left) / len(left) for place in places]
    else:
        told = [0.0] * len(places)
    return (*told, 1.0 - sum(told))


# -- fitting -------------------------------------------------------------------------------------------------------


def matrix(names: Sequence[str], every: Sequence[Values]) -> Floats:
    at = {name: column for column, name in enumerate(names)}
    found = np.zeros((len(every), len(names)))
    for row, values in enumerate(every):
        for name, value in values.items():
            found[row, at[name]] = value
        if BIAS in at:
            found[row, at[BIAS]] = 1.0
    return found


def descend(loss: Callable[[Floats], tuple[float, Floats]], start: Floats, bounds: Bounds) -> Floats:
    """The weights of the least loss, none outside its bounds."""
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    return np.asarray(found.x, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Truth:
    """Which rows are about us (`ours`, 1.0 or 0.0), and which are `rivals` of which (rows, rows): of all of them, at
    most one is."""

    ours: Floats
    rivals: csr_matrix

    def __getitem__(self, some: Places) -> Truth:
        return Truth(self.ours[some], self.rivals[some][:, some])

    def loss(self, odds: Floats) -> tuple[float, Floats]:
        """The sum of the log loss, and how it changes with each row's odds."""
        own = np.exp(np.clip(odds, -_FARTHEST, _FARTHEST))
        others = 1 + self.rivals @ own
        every = own + others
        lost = np.log(every) - np.where(self.ours > 0, np.log(own), np.log(others))
        through_others = self.rivals.T @ (1 / every - (1 - self.ours) / others)
        return float(lost.sum()), own / every - self.ours + own * through_others

    def honest(self, odds: Floats) -> Floats:
        """The probabilities."""
        own = np.exp(np.clip(odds, -_FARTHEST, _FARTHEST))
        return np.asarray(own / (1 + own + self.rivals @ own))


_FARTHEST = 300.0
"""Log-odds beyond which numbers would not hold the odds."""


def fit_about(rows: Floats, truth: Truth, prior: Floats, bounds: Bounds, pull: float) -> Floats:
    """Logistic regression whose weights are drawn to `prior`, of what those of one name share."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        lost, slopes = truth.loss(rows @ weights)
        away = weights - prior
        return lost + pull * float(away @ away) / 2, rows.T @ slopes + pull * away

    return descend(loss, prior, bounds)


@dataclass(frozen=True, slots=True)
class Options:
    """All choices' options in one matrix; `begins` is where each choice begins."""

    rows: Floats
    shares: Floats
    begins: npt.NDArray[np.int64]

    def among(self, odds: Floats) -> Floats:
        """Probabilities, each choice adding up to one."""
        counts = np.diff(np.append(self.begins, len(odds)))
        parts = np.exp(odds - np.repeat(np.maximum.reduceat(odds, self.begins), counts))
        return np.asarray(parts / np.repeat(np.add.reduceat(parts, self.begins), counts))


def options_of(names: Sequence[str], choices: Sequence[Choice]) -> Options:
    counts = [len(choice.options) for choice in choices]
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    shares = np.array([share for choice in choices for share in choice.shares])
    return Options(matrix(names, [values for choice in choices for values in choice.options]), shares, begins)


def fit_place(options: Options, prior: Floats, bounds: Bounds, pull: float) -> Floats:
    """Conditional logistic regression whose weights are drawn to `prior`."""

    def loss(weights: Floats) -> tuple[float, Floats]:
        p = options.among(options.rows @ weights)
        away = weights - prior
        value = -float(np.sum(options.shares * np.log(np.maximum(p, 1e-12)))) + pull * float(away @ away) / 2
        return value, options.rows.T @ (p - options.shares) + pull * away

    return descend(loss, prior, bounds)


# -- wording ---------------------------------------------------------------------------------------------------------


def fit_wording(given: csr_matrix, rows: Sequence[Row]) -> Floats:
    """A weight for each bucket. Without a bias: that a name is there at all, the model of values knows."""
    told = [at for at, row in enumerate(rows) if row.is_of_business is not None and row.turns]
    line = LogisticRegression(C=1.0, max_iter=200).fit(given[told], [bool(rows[at].is_of_business) for at in told])
    return np.asarray(line.coef_[0], dtype=np.float64)


def turned(rows: Sequence[Row]) -> csr_matrix:
    """The rows' features, each row of length one."""
    ends = np.cumsum([0, *(len(row.turns) for row in rows)])
    columns = np.array([bucket for row in rows for bucket in row.turns], dtype=np.int32)
    values = np.array([len(row.turns) ** -0.5 for row in rows for _ in row.turns])
    return csr_matrix((values, columns, ends), shape=(len(rows), 1 << BITS))


def unheard(given: csr_matrix, rows: Sequence[Row]) -> Floats:
    """What the wording of each row says to a model that has learned from the others' phrasings."""
    said = np.zeros(len(rows))
    for train, test in _folds([row.phrasing for row in rows]):
        said[test] = given[test] @ fit_wording(given[train], [rows[i] for i in train])
    return np.clip(said, -MOST, [row.most for row in rows])


def save_buckets(weights: Floats, to: Path) -> None:
    step = float(np.abs(weights).max()) / 127
    np.savez_compressed(to, weights=np.rint(weights / step).astype(np.int8), step=np.float32(step))


# -- contrast --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """A post that names several places, and which stretches of it name the one that is meant."""

    apart: Apart
    right: tuple[bool, ...]
    phrasing: str

    @property
    def hand(self) -> str:
        return self.phrasing.partition(":")[0]


def told(world: World, seed: int) -> list[Told]:
    """Of every phrasing that names a sister, filled a few times."""
    every = [one for one in (*load("train"), *load("contrasts")) if one.is_about_us and "{sister." in one.text]
    posts = list(cases(world, every, _OFTEN_FILLED * len(every), seed))
    matcher, found = matcher_of(world, posts), []
    for post in posts:
        look, gathered = matcher.evidence(post.item)
        ours = next((one for one in gathered if one.organisation_id == post.organisation_id), None)
        apart = Apart.of(look, ours) if ours is not None and post.place_id is not None else None
        if apart is not None and post.place_id is not None:
            right = apart.right(post.place_id)
            if any(right) and not all(right):
                found.append(Told(apart, right, f"{post.phrasing.hand}:{post.phrasing.number}"))
    return found


def fit_contrast(every: Sequence[Told]) -> Floats:
    """A weight for each bucket: of a post's stretches, one that names the meant place is likelier than the others."""
    times = Counter(one.phrasing for one in every)
    weights = np.array([1 / times[one.phrasing] for one in every])
    rows = _turned([turn for one in every for turn in one.apart.turns])
    right = np.array([float(is_right) for one in every for is_right in one.right])
    counts = [len(one.right) for one in every]
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    options = Options(rows, right, begins)

    def loss(given: Floats) -> tuple[float, Floats]:
        p = options.among(rows @ given)
        hit = np.maximum(np.add.reduceat(p * right, begins), 1e-12)
        slopes = p - p * right / np.repeat(hit, counts)
        lost = -float(weights @ np.log(hit)) + _CONTRAST_PULL * float(given @ given) / 2
        return lost, rows.T @ (slopes * np.repeat(weights, counts)) + _CONTRAST_PULL * given

    size = 1 << contrasts.BITS
    return descend(loss, np.zeros(size), [(None, None)] * size)


def _turned(turns: Sequence[Turn]) -> csr_matrix:
    ends = np.cumsum([0, *(len(turn.buckets) for turn in turns)])
    columns = np.array([at for turn in turns for at in turn.buckets], dtype=np.int32)
    values = np.array([share for turn in turns for share in turn.shares])
    return csr_matrix((values, columns, ends), shape=(len(turns), 1 << contrasts.BITS))


def with_contrast(choices: Sequence[Choice], every: Sequence[Told]) -> list[Choice]:
    """With what the sentence says to one who has not heard its hand."""
    by_hand: dict[str, Floats] = {}
    found = []
    for choice in choices:
        if (apart := choice.told_apart) is not None:
            hand = choice.phrasing.partition(":")[0]
            if hand not in by_hand:
                by_hand[hand] = fit_contrast([one for one in every if one.hand != hand])
            meant = contrasts.spread(apart.stretches, list(_turned(apart.turns) @ by_hand[hand]))
            pairs = zip(choice.places, choice.options[:-1], strict=True)
            said = [{**values, "meant": meant.get(place, 0.0)} for place, values in pairs]
            found.append(replace(choice, options=(*said, choice.options[-1])))
        else:
            found.append(choice)
    return found


def found_by_contrast(every: Sequence[Told]) -> float:
    """How often it finds the place that is meant, each phrasing counted once, having heard other hands alone."""
    hits: dict[str, list[bool]] = {}
    for hand in {one.hand for one in every}:
        weights = fit_contrast([one for one in every if one.hand != hand])
        for one in every:
            if one.hand == hand:
                likeliest = int(np.argmax(_turned(one.apart.turns) @ weights))
                hits.setdefault(one.phrasing, []).append(one.right[likeliest])
    return float(np.mean([np.mean(some) for some in hits.values()]))


# -- both models ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fitted:
    """`honest` are the probabilities of posts whose phrasings the weights had not seen."""

    weights: Weights
    honest: Floats
    pull: float


def train_about(rows: Sequence[Row], prior: Mapping[str, float], bounds: Bounds) -> Fitted:
    names = list(prior)
    given, truth = matrix(names, [row.values for row in rows]), truth_of(rows)
    start, at = np.array(list(prior.values())), names.index("wording")
    words, folds = turned(rows), []
    for train, test in _folds([row.phrasing for row in rows]):
        folds.append((train, test, _worded(words, rows, train, test)))

    def unseen(pull: float) -> Floats:
        odds = np.zeros(len(rows))
        for train, test, said in folds:
            given[:, at] = said
            odds[test] = given[test] @ fit_about(given[train], truth[train], start, bounds, pull)
        return odds

    tried = {pull: unseen(pull) for pull in PULLS["about"]}
    losses = {pull: truth.loss(odds)[0] / len(rows) for pull, odds in tried.items()}
    pull = min(losses, key=lambda one: losses[one])
    print("about: log loss by pull", {one: round(loss, 4) for one, loss in losses.items()})
    slope, shift = _platt(tried[pull], truth)
    given[:, at] = unheard(words, rows)
    weights = fit_about(given, truth, start, bounds, pull)
    return Fitted(_weights(names, weights, slope, shift), truth.honest(slope * tried[pull] + shift), pull)


def truth_of(rows: Sequence[Row]) -> Truth:
    pairs = [(at, rival) for at, row in enumerate(rows) for rival in row.rivals]
    at, rivals = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    ours = np.array([float(row.is_ours) for row in rows])
    return Truth(ours, csr_matrix((np.ones(len(at)), (at, rivals)), shape=(len(rows), len(rows))))


def _worded(words: csr_matrix, rows: Sequence[Row], train: Places, test: Places) -> Floats:
    """What the wording of each row says to one who has not heard its hand, and never the hands that measure."""
    said, heard = np.zeros(len(rows)), [rows[i] for i in train]
    said[train] = unheard(words[train], heard)
    said[test] = words[test] @ fit_wording(words[train], heard)
    return np.clip(said, -MOST, [row.most for row in rows])


def train_place(choices: Sequence[Choice], prior: Mapping[str, float], bounds: Bounds) -> Fitted:
    names, start = list(prior), np.array(list(prior.values()))
    folds = _folds([choice.phrasing for choice in choices])
    whole = options_of(names, choices)
    ends = np.append(whole.begins[1:], len(whole.rows))

    def unseen(pull: float) -> Floats:
        odds = np.zeros(len(whole.rows))
        for train, test in folds:
            weights = fit_place(
                options_of(names, [choices[i] for i in train if choices[i].is_ours]), start, bounds, pull
            )
            for i in test:
                odds[whole.begins[i] : ends[i]] = whole.rows[whole.begins[i] : ends[i]] @ weights
        return odds

    tried = {pull: unseen(pull) for pull in PULLS["place"]}

    ours = np.repeat([choice.is_ours for choice in choices], [len(choice.options) for choice in choices])

    def loss(odds: Floats) -> float:
        parts = whole.shares * np.log(np.maximum(whole.among(odds), 1e-12))
        return -float(np.sum(parts[ours])) / sum(choice.is_ours for choice in choices)

    losses = {pull: loss(odds) for pull, odds in tried.items()}
    pull = min(losses, key=lambda one: losses[one])
    print("place: log loss by pull", {one: round(value, 4) for one, value in losses.items()})
    slopes = np.linspace(0.4, 1.6, 61)
    slope = float(min(slopes, key=lambda one: loss(tried[pull] * one)))
    weights = fit_place(options_of(names, [choice for choice in choices if choice.is_ours]), start, bounds, pull)
    return Fitted(_weights(names, weights, slope, 0.0), whole.among(tried[pull] * slope), pull)


def bounds_of(beliefs: Mapping[str, Mapping[str, Any]], which: str) -> Bounds:
    """The least and the most of each weight, in the order of what is believed."""
    least = {**dict.fromkeys(beliefs["never_against"][which], 0.0), **beliefs["least"].get(which, {})}
    most = {**dict.fromkeys(beliefs["never_for"][which], 0.0), **beliefs["most"].get(which, {})}
    return [(least.get(name), most.get(name)) for name in beliefs[which]]


def _folds(phrasings: Sequence[str]) -> list[tuple[Places, Places]]:
    """What is measured was written by somebody else: people have turns of phrase. By one hand alone, sentences."""
    hands = [phrasing.partition(":")[0] for phrasing in phrasings]
    several = len(set(hands))
    if several > 2:
        return list(GroupKFold(several).split(phrasings, groups=hands))
    return list(GroupKFold(FOLDS).split(phrasings, groups=phrasings))


def _platt(odds: Floats, truth: Truth) -> tuple[float, float]:
    def loss(line: Floats) -> tuple[float, Floats]:
        lost, slopes = truth.loss(line[0] * odds + line[1])
        return lost, np.array([slopes @ odds, slopes.sum()])

    slope, shift = descend(loss, np.array([1.0, 0.0]), [(None, None), (None, None)])
    return float(slope), float(shift)


def _weights(names: Sequence[str], weights: Floats, slope: float, shift: float) -> Weights:
    by = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}
    return Weights(by, round(slope, 4), round(shift, 4))


# -- thresholds and figures ----------------------------------------------------------------------------------------


def error_of(p: Floats, right: Floats, bins: int = 10) -> float:
    """Expected calibration error over bins of equal mass."""
    order = np.argsort(p)
    parts = np.array_split(order, bins)
    return float(sum(abs(p[part].mean() - right[part].mean()) * len(part) for part in parts if len(part)) / len(p))


def best_f(p: Floats, ours: Floats, within: float = 0.002) -> tuple[float, float]:
    """The lowest threshold whose F is as good as the best, but for `within`; and its F: what is missed is not seen."""

    def f(limit: float) -> float:
        said = p >= limit
        hit = float(np.sum(ours[said]))
        return 2 * hit / max(1.0, float(np.sum(said)) + float(np.sum(ours)))

    limits = [float(limit) for limit in np.linspace(0.5, 0.8, 31)]
    best = max(map(f, limits))
    limit = next(limit for limit in limits if f(limit) >= best - within)
    return limit, f(limit)


@dataclass(frozen=True, slots=True)
class Placed:
    """At these thresholds: which share of the places named is right, and which of those that can be told is named."""

    place: float
    only: float
    precision: float
    recall: float


def place_limits(choices: Sequence[Choice], p: Floats, about: Floats, limits: Thresholds, wanted: float) -> Placed:
    """The lowest thresholds on both probabilities together at which the places named are surely right often enough.

    Surely: the lower end of the interval (Wilson's, 95 %) is at least `wanted`. First that of several places, then,
    as far as it goes, that of the only one: who is sure enough to name the house has no other place to name.
    """
    tops: list[tuple[float, bool, bool]] = []
    can = at = 0
    for choice in choices:
        mine = p[at : at + len(choice.options)]
        at += len(choice.options)
        best = int(np.argmax(mine[:-1]))
        if about[choice.row] >= limits.about:
            is_right = choice.is_ours and choice.shares[best] == 1.0
            tops.append((float(mine[best] * about[choice.row]), is_right, "alone" in choice.options[best]))
        can += 1.0 in choice.shares[:-1]

    def placed(place: float, only: float) -> tuple[Share, Placed]:
        said = [right for top, right, is_only in tops if top >= (only if is_only else place)]
        share = Share(sum(said), len(said))
        return share, Placed(place, only, share.value, share.hits / max(1, can))

    def is_sure(place: float, only: float) -> bool:
        return placed(place, only)[0].low >= wanted

    upward = (round(float(limit), 2) for limit in np.linspace(_LEAST_PLACE, 0.96, 17))
    place = next((limit for limit in upward if is_sure(limit, limit)), 0.96)
    only = place
    while is_sure(place, round(only - 0.01, 2)) and only > limits.about:
        only = round(only - 0.01, 2)
    return placed(place, only)[1]


_LEAST_PLACE = 0.8
"""Below it a member is asked which place it was, however right the guesses would be."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--posts", type=int, default=40_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--precision", type=float, default=0.97, help="of the places named, at least")
    parser.add_argument("--perhaps", type=float, default=0.15, help="from here a member is asked")
    options = parser.parse_args()

    world = build(options.data, Half.TRAIN, options.seed)
    posts = list(cases(world, load("train"), options.posts, options.seed))
    rows, choices = rows_and_choices(matcher_of(world, posts), posts)
    every = told(world, options.seed)
    choices = with_contrast(choices, every)
    prior = tomllib.loads(PRIOR.read_text("utf-8"))
    about = train_about(rows, prior["about"], bounds_of(prior, "about"))
    place = train_place(choices, prior["place"], bounds_of(prior, "place"))
    ours = np.array([float(row.is_ours) for row in rows])
    save_buckets(fit_wording(turned(rows), rows), options.out.with_name(WORDING))
    save_buckets(fit_contrast(every), options.out.with_name(CONTRAST))
    limit, f = best_f(about.honest, ours)
    limits = Thresholds(round(limit, 2), options.perhaps, place=1.0, only=1.0, share=0.8)
    placed = place_limits(choices, place.honest, about.honest, limits, options.precision)
    figures = {
        "posts": f"{len(posts)} of the training half, seed {options.seed}",
        "about": f"{len(rows)} pairs, {int(ours.sum())} about; F {f:.3f}, calibration error "
        f"{error_of(about.honest, ours):.3f} on phrasings of others; pull {about.pull}",
        "place": f"{sum(choice.is_ours for choice in choices)} choices; precision {placed.precision:.3f}, recall "
        f"{placed.recall:.3f} on phrasings of others; pull {place.pull}",
        "contrast": f"{len({one.phrasing for one in every})} phrasings; the place that is meant found in "
        f"{found_by_contrast(every):.3f} of those of other hands",
        "by": "scripts/train_match.py",
    }
    limits = msgspec.structs.replace(limits, place=placed.place, only=placed.only)
    model = Model(figures, about.weights, place.weights, limits)
    options.out.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=1) + b"\n")
    for name, said in figures.items():
        print(f"{name}: {said}")
    print(limits)


if __name__ == "__main__":
    main()
