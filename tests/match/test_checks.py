from __future__ import annotations

import pytest

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.match.checks import WatchRefused, advise, check_watch, refuse


@pytest.mark.parametrize(
    ("watch", "code", "field"),
    [
        (Watch("w", "o"), "empty", "names"),
        (Watch("w", "o", names=("",)), "too_short", "names"),
        (Watch("w", "o", names=("é",)), "too_short", "names"),
        (Watch("w", "o", names=("Lulu",), excluded=("!!",)), "too_short", "excluded"),
        (Watch("w", "o", names=("a" * 201,)), "too_long", "names"),
        (Watch("w", "o", handles=("la mie",)), "handle", "handles"),
        (Watch("w", "o", handles=("@",)), "too_short", "handles"),
        (Watch("w", "o", links=("lamie",)), "link", "links"),
    ],
)
def test_a_watch_that_cannot_hear_is_refused_in_a_sentence(watch: Watch, code: str, field: str) -> None:
    [problem] = check_watch(watch)
    assert (problem.code, problem.field) == (code, field)
    assert str(problem).endswith(".")
    with pytest.raises(BadInput) as refused:
        refuse(watch)
    assert isinstance(refused.value, WatchRefused)


def test_an_ordinary_watch_is_fine() -> None:
    watch = Watch("w", "o", names=("L’Œuf", "东京"), handles=("@lamie@piaille.fr", "did:plc:x"), links=("lamie.fr/a",))
    assert check_watch(watch) == []
    refuse(watch)


def test_an_ordinary_word_without_anything_beside_it_is_advised_about() -> None:
    bare = Watch("w", "o", names=("Orange", "La Mie Bretonne"))
    [advice] = advise(bare, [])
    assert (advice.code, advice.field, advice.word) == ("common", "names", "Orange")
    assert check_watch(bare) == [], "it stays usable"
    assert advise(bare, [Place("p", "o", "Orange", town="Quimper")]) == []
    assert advise(Watch("w", "o", names=("Orange",), near=("Kéréon",)), []) == []
