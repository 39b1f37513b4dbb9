"""What others do with the same names: each in a process of its own, 60 seconds for building and reading together.

All but mokaccino are given the folded words of each post, as one line with a space at both ends, and the names so;
the folding is theirs to pay, for none of them does it. They see the names alone: no context, exclusion, radius or
handle is asked of them. mokaccino, a percolator, gets each name as the conjunction of its words, and the found ones
are looked at once more, for it knows no order.
"""

from __future__ import annotations

import multiprocessing
import re
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

import msgspec

from benchmarks.match.lean import Event
from ouidire.match.locality import plain

PATIENCE_S = 60.0
_AT_ONCE = 256

Find = Callable[[str], object]
"""Looks for all names in one post's text."""


def _padded(text: str) -> str:
    return f" {plain(text)} "


def mokaccino(names: Sequence[str]) -> Find:
    from mokaccino import Document, Percolator, Query

    percolator = Percolator()
    words = [name.split() for name in names]
    for one in words:
        parts = [Query.from_kv("w", word) for word in one]
        percolator.add_query(parts[0] if len(parts) == 1 else Query.from_and(parts))
    percolator = percolator.optimized()
    padded = [f" {name} " for name in names]

    def find(text: str) -> object:
        line = plain(text)
        document = Document()
        for word in set(line.split()):
            document.add_value("w", word)
        line = f" {line} "
        return [number for number in percolator.percolate_list(document) if padded[number] in line]

    return find


def pyahocorasick(names: Sequence[str]) -> Find:
    from ahocorasick import Automaton

    automaton = Automaton()
    for number, name in enumerate(names):
        automaton.add_word(f" {name} ", number)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(_padded(text)))


def ahocorasick_rs(names: Sequence[str]) -> Find:
    from ahocorasick_rs import BytesAhoCorasick

    automaton = BytesAhoCorasick([f" {name} ".encode() for name in names])
    return lambda text: automaton.find_matches_as_indexes(_padded(text).encode(), overlapping=True)


def flashtext(names: Sequence[str]) -> Find:
    from flashtext import KeywordProcessor

    processor = KeywordProcessor()
    processor.add_keywords_from_list(list(names))
    return lambda text: processor.extract_keywords(plain(text), span_info=True)


def compiled_re(names: Sequence[str]) -> Find:
    found = re.compile(r"\b(?:" + "|".join(sorted(names, key=len, reverse=True)) + r")\b")
    return lambda text: found.findall(plain(text))


PEERS: dict[str, Callable[[Sequence[str]], Find]] = {
    "mokaccino": mokaccino,
    "pyahocorasick": pyahocorasick,
    "ahocorasick_rs": ahocorasick_rs,
    "flashtext": flashtext,
    "re, compiled": compiled_re,
}


def rate(name: str, names: Sequence[str], frames: Sequence[bytes], patience_s: float = PATIENCE_S) -> float | None:
    """Posts a second of one core, from raw JSON to the names found; None: it was not ready in time, or is not here."""
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_run, args=(theirs, name, names, frames, patience_s))
    process.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(patience_s * 1.5 + 5) else None
    except EOFError:  # killed for its memory, say
        return None
    finally:
        process.kill()
        process.join()


def _run(answer: Connection, name: str, names: Sequence[str], frames: Sequence[bytes], patience_s: float) -> None:
    began = time.monotonic()
    try:
        find = PEERS[name](names)
    except ImportError:
        answer.send(None)
        return
    decode = msgspec.json.Decoder(Event).decode
    spent, done = 0.0, 0
    while done < len(frames) and (not done or time.monotonic() - began < patience_s):
        part = frames[done : done + _AT_ONCE]
        start = time.process_time()
        for frame in part:
            find(decode(frame).commit.record.text)
        spent += time.process_time() - start
        done += len(part)
    answer.send(done / spent)
