"""`ouidire eval match`: how well posts are placed, with counts, intervals and peers, in words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from ouidire.cli.reading import second_reader
from ouidire.domain.share import Share
from ouidire.errors import BadInput
from ouidire.evaluation import public, readings
from ouidire.evaluation.bench import Bench, Remedy, prepare, remedies
from ouidire.evaluation.metrics import (
    Calibration,
    Counts,
    Verdict,
    by,
    by_kind,
    by_language,
    by_spelling,
    calibration,
    flat,
    spread,
    tally,
    total,
)
from ouidire.evaluation.world import Half
from ouidire.locale import Translator
from ouidire.locale.labels import N_


class What(StrEnum):
    """What can be measured."""

    MATCH = "match"
    READING = "reading"


BESIDE = Path("..", "shared", "data")
"""Where the public data lie beside a checkout."""

LABELS = {
    "house": "Ouïdire",
    "exact rule": N_("exact name, then words of the place"),
    "plain": N_("name anywhere in the text"),
    "public: free": N_("public: “Free”, the operator or the word"),
    "public: fast food": N_("public: reviews that name a chain"),
    "fr": N_("French"),
    "en": N_("English"),
    "name": N_("name as it is"),
    "lower": N_("in lower case"),
    "upper": N_("in capitals"),
    "plain name": N_("without accents"),
    "typo": N_("with a slip of the pen"),
    "glued": N_("in one word"),
    "tag": N_("as a hashtag"),
    "short": N_("shortened"),
    "nick": N_("nickname"),
    "handle": N_("account alone"),
    "none": N_("no name at all"),
    "about us": N_("about a business that listens"),
    "about nobody": N_("about nobody that listens"),
    "chain": N_("chain"),
    "single": N_("single place"),
    "sisters_in_town": N_("sisters in one town"),
    "alone_in_town": N_("only one of its chain in town"),
    "common": N_("name that is an ordinary word"),
    "homonym": N_("name that others bear"),
    "rare": N_("distinctive name"),
    "beside: geo": N_("with coordinates"),
    "beside: hours": N_("with opening hours"),
    "beside: regular": N_("by a regular"),
    "beside: reply": N_("answer to a post of ours"),
    "beside: venue": N_("check-in"),
    "wrong organisation": N_("a business that was not meant"),
    "missed": N_("business not heard"),
    "place not found": N_("place not found, though it was told"),
    "wrong place": N_("wrong place of the right business"),
    "town": N_("the town"),
    "street": N_("the street"),
    "coordinates": N_("coordinates"),
    "venue": N_("a check-in"),
    "own account": N_("our account"),
    "own name": N_("the exact name"),
}

_ADDED = {"handle": "own account", "name": "own name"}


@dataclass(frozen=True)
class Found:
    """Everything that one run measures."""

    bench: Bench
    verdicts: Sequence[Verdict]
    rows: Mapping[str, Counts]
    calibration: Calibration
    remedies: Sequence[Remedy]

    def as_json(self) -> Mapping[str, object]:
        world = self.bench.world
        groups = {"language": by_language, "spelling": by_spelling, "kind": by_kind}
        return {
            "half": world.half.value,
            "organisations": len(world.listeners),
            "places": len(world.places),
            "posts": len(self.verdicts),
            "phrasings": len({verdict.case.phrasing.number for verdict in self.verdicts}),
            "rows": {name: flat(counts) for name, counts in self.rows.items()},
            "f_by_phrasing": spread(self.verdicts, lambda counts: counts.f),
            "place_precision_by_phrasing": spread(self.verdicts, lambda counts: counts.place_precision.value),
            "calibration": asdict(self.calibration),
            "groups": {name: {k: flat(v) for k, v in by(self.verdicts, of).items()} for name, of in groups.items()},
            "errors": tally(self.verdicts),
            "remedies": [asdict(one) for one in self.remedies],
        }


def match(console: Console, speak: Translator, data: Path | None, half: Half, posts: int, *, as_json: bool) -> None:
    """Measure and print. Raises `BadInput`: no data, no phrasings of that half, no posts asked for."""
    if posts < 1:
        raise BadInput("Ask for at least one post.")
    found = _measured(console, speak, _data(data), half, posts, quiet=as_json)
    if as_json:
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        return
    for part in (_head, _figures, _decided, _calibrated, _groups, _errors):
        part(console, speak, found)


def _data(said: Path | None) -> Path:
    """The folder of public data: as said, else OUIDIRE_DATA, else beside the checkout."""
    folder = said or Path(os.environ.get("OUIDIRE_DATA") or BESIDE)
    if not folder.is_dir():
        raise BadInput(f"There are no public data at {folder}: say with --data, or OUIDIRE_DATA, where they lie.")
    return folder


def _measured(console: Console, speak: Translator, data: Path, half: Half, posts: int, *, quiet: bool) -> Found:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:

        def step(words: str, of: int | None) -> Callable[[int], None]:
            task = progress.add_task(words, total=of)
            return lambda count: progress.advance(task, count)

        done = step(speak.gettext("filling phrasings with places"), None)
        ready = prepare(data, half, posts)
        done(1)
        some = len(ready.cases)
        verdicts = ready.judge(ready.cases, step(speak.gettext("judging"), some))
        rows = {"house": total(verdicts)}
        for name, peer in ready.peers().items():
            rows[name] = total(ready.judge_by(peer, step(speak.gettext(LABELS[name]), some)))
        helped = remedies(ready, verdicts, step(speak.gettext("judging the errors anew"), None))
        step(speak.gettext("public posts"), None)
        for name, measured in (("public: free", public.free(data)), ("public: fast food", public.fast_food(data))):
            if measured is not None:
                rows[name] = measured
    return Found(ready, verdicts, rows, calibration(verdicts), helped)


def _head(console: Console, speak: Translator, found: Found) -> None:
    world = found.bench.world
    half = {Half.TEST: N_("test half: places and phrasings that nothing was trained on")}.get(
        world.half, N_("training half: the model has seen these phrasings and places")
    )
    console.print(speak.gettext(half), style="bold")
    said = speak.gettext(
        "%(organisations)d organisations with %(places)d places listen at once; "
        "%(posts)d posts of %(phrasings)d phrasings."
    )
    phrasings = len({verdict.case.phrasing.number for verdict in found.verdicts})
    numbers = {"organisations": len(world.listeners), "places": len(world.places), "phrasings": phrasings}
    console.print(said % {**numbers, "posts": len(found.verdicts)}, soft_wrap=True)


FIGURES: Mapping[str, Callable[[Counts], Share]] = {
    N_("right place, of those given one"): lambda counts: counts.place_precision,
    N_("place found, of those that tell"): lambda counts: counts.place_recall,
    N_("right business, of those named"): lambda counts: counts.precision,
    N_("business heard, of those meant"): lambda counts: counts.recall,
}


def _figures(console: Console, speak: Translator, found: Found) -> None:
    generated = {name: counts for name, counts in found.rows.items() if counts.place_told}
    in_public = {name: counts for name, counts in found.rows.items() if not counts.place_told}
    for rows in (generated, in_public):
        if not rows:
            continue
        grid = _grid(speak.gettext("in percent"), *(speak.gettext(LABELS[name]) for name in rows))
        for title, of in FIGURES.items():
            if any(of(counts).of for counts in rows.values()):
                cells = [_share(of(counts)).replace(" /", "\n/ ") for counts in rows.values()]
                grid.add_row(speak.gettext(title), *cells)
        grid.add_row("F", *(_f(counts) for counts in rows.values()))
        console.print(grid, markup=False)
    note = speak.gettext(
        "In brackets: 95 %% (Wilson), each post for itself. With each phrasing for itself: place %(place)s, F %(f)s."
    )
    place = spread(found.verdicts, lambda counts: counts.place_precision.value)
    numbers = {"place": _span(*place), "f": _span(*spread(found.verdicts, lambda counts: counts.f))}
    console.print(note % numbers, style="dim", soft_wrap=True)
    console.print(
        speak.gettext(
            "“Place” is right when the clues point to exactly one place and it was given; a place given where the "
            "clues leave several is wrong. Where nobody could tell which of several businesses of one name is meant, "
            "silence is no miss, but naming the wrong one is an error."
        ),
        style="dim",
        soft_wrap=True,
    )


def _decided(console: Console, speak: Translator, found: Found) -> None:
    counts = found.rows["house"]
    said = speak.gettext(
        "Of %(posts)d posts: %(placed)d got a place, %(unplaced)d a business but no place (for %(which)d a member is "
        "asked which), for %(whether)d a member is asked whether it is about them, %(dropped)d were left aside."
    )
    numbers = {
        "posts": counts.posts,
        "placed": counts.placed,
        "unplaced": counts.unplaced,
        "which": counts.asked_which,
        "whether": counts.asked_whether,
        "dropped": counts.dropped,
    }
    console.print(said % numbers, soft_wrap=True)


def _calibrated(console: Console, speak: Translator, found: Found) -> None:
    said = speak.gettext(
        "Expected calibration error: %(error).3f (by how much the probability given differs from the share that was "
        "right)."
    )
    console.print(said % {"error": found.calibration.error}, soft_wrap=True)
    grid = _grid(speak.gettext("decisions"), speak.gettext("probability given"), speak.gettext("were right"))
    for one in found.calibration.bins:
        grid.add_row(str(one.count), f"{one.said:.3f}", f"{one.right:.3f}")
    console.print(grid, markup=False)


def _groups(console: Console, speak: Translator, found: Found) -> None:
    for title, of in (
        (speak.gettext("By language"), by_language),
        (speak.gettext("By how the name is written"), by_spelling),
        (speak.gettext("By kind of post"), by_kind),
    ):
        grid = _grid(
            title,
            speak.gettext("posts"),
            speak.gettext("right place"),
            speak.gettext("place found"),
            "F",
        )
        for name, counts in by(found.verdicts, of).items():
            label = LABELS.get("plain name" if of is by_spelling and name == "plain" else name, name)
            shares = _share(counts.place_precision), _share(counts.place_recall)
            grid.add_row(speak.gettext(label), str(counts.posts), *shares, _f(counts))
        console.print(grid, markup=False)


def _errors(console: Console, speak: Translator, found: Found) -> None:
    counted = tally(found.verdicts)
    for name, count in counted.items():
        console.print(f"{count} × {speak.gettext(LABELS[name])}", markup=False)
    if not found.remedies or not found.remedies[0].of:
        return
    said = speak.gettext("Of %(of)d posts decided wrongly, so many would have been right with the true value of:")
    console.print(said % {"of": found.remedies[0].of}, soft_wrap=True)
    grid = _grid("", "")
    for one in found.remedies:
        grid.add_row(
            speak.gettext(LABELS[_ADDED.get(one.evidence, one.evidence)]), _share(Share(one.prevented, one.of))
        )
    console.print(grid, markup=False)


def _grid(*titles: str) -> Grid:
    grid = Grid(box=None, pad_edge=False)
    for title in titles:
        grid.add_column(title)
    return grid


def _f(counts: Counts) -> str:
    return f"{100 * counts.f:.1f}" if counts.said and counts.about else "–"


def _share(share: Share) -> str:
    """'98.1 [97.5–98.6] /2412'; a dash where there is nothing to count."""
    return f"{100 * share.value:.1f} {_span(share.low, share.high)} /{share.of}" if share.of else "–"


def _span(low: float, high: float) -> str:
    return f"[{100 * low:.1f}–{100 * high:.1f}]"


def reading(console: Console, speak: Translator, data: Path | None, half: Half, posts: int, *, as_json: bool) -> None:
    """Print how well posts are read, by both readers and by the first alone. Always the parts that measure."""
    del half, posts
    folder, second = _data(data), second_reader(Console(stderr=True, highlight=False))
    both = readings.table(folder, second) if second is not None else ()
    tables = {"both": list(both), "first": list(readings.table(folder, None))}
    if as_json:
        print(json.dumps({who: [asdict(one) for one in rows] for who, rows in tables.items()}, ensure_ascii=False))
        return
    alone = {(f.task, f.case, f.language, f.measure): f for f in tables["first"]}
    grid = Grid(box=None, pad_edge=False)
    for title in (N_("what"), N_("set"), N_("language"), N_("measure"), N_("both readers"), N_("first alone"), "n"):
        grid.add_column(speak.gettext(title))
    for one in tables["both"] or tables["first"]:
        fast = alone[(one.task, one.case, one.language, one.measure)]
        row = (one.task, one.case, one.language, one.measure)
        grid.add_row(*row, _figure(one) if tables["both"] else "–", _figure(fast), str(one.n))
    console.print(grid)


def _figure(one: readings.Figure) -> str:
    return f"{100 * one.value:.1f} {_span(one.low, one.high)}"


WHAT = {What.MATCH: match, What.READING: reading}
