import json
import os
from pathlib import Path
from unittest.mock import patch

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ouidire.cli import main
from ouidire.cli.main import app
from ouidire.evaluation import public
from ouidire.evaluation.bench import prepare, remedies
from ouidire.evaluation.metrics import errors, total
from ouidire.evaluation.world import Half

SHARED = Path(os.environ.get("OUIDIRE_DATA", Path(__file__).parents[2].parent / "shared/data"))
needs_data = pytest.mark.skipif(not (SHARED / "brands-nsi").is_dir(), reason=f"no public data at {SHARED}")


def test_the_house_and_its_peers_judge_the_same_posts(data: Path) -> None:
    bench = prepare(data, Half.TRAIN, 300)
    house = total(bench.judge(bench.cases))
    assert house.posts == 300
    assert house.recall.value > 0.5
    for peer in bench.peers().values():
        counts = total(bench.judge_by(peer))
        assert (counts.posts, counts.place_told, counts.about) == (300, house.place_told, house.about)


def test_what_the_house_follows_and_whom_it_knows_is_given_beforehand(data: Path) -> None:
    bench = prepare(data, Half.TRAIN, 600)
    answers = [case for case in bench.cases if case.followed]
    assert len(answers) > 5
    heard = total(bench.judge(answers))
    assert heard.recall.value == 1.0


def test_the_remedies_say_what_would_have_prevented_the_errors(data: Path) -> None:
    bench = prepare(data, Half.TRAIN, 300)
    verdicts = bench.judge(bench.cases)
    wrong = sum(bool(errors(one)) for one in verdicts)
    found = remedies(bench, verdicts)
    assert {one.evidence for one in found} == {"town", "street", "name", "handle", "coordinates", "venue"}
    assert all(one.of == wrong and 0 <= one.prevented <= wrong for one in found)
    assert max(one.prevented for one in found) > 0


def test_progress_is_told_post_by_post(data: Path) -> None:
    bench = prepare(data, Half.TRAIN, 120)
    told: list[int] = []
    bench.judge(bench.cases, told.append)
    assert sum(told) == 120


def test_without_public_posts_there_is_no_public_row(tmp_path: Path) -> None:
    assert public.free(tmp_path) is None
    assert public.fast_food(tmp_path) is None


@needs_data
def test_on_real_places_the_house_places_better_than_plainer_rules() -> None:
    bench = prepare(SHARED, Half.TRAIN, 600)
    assert len(bench.world.listeners) > 1_000
    assert len(bench.world.places) > 3_000
    house = total(bench.judge(bench.cases))
    for peer in bench.peers().values():
        counts = total(bench.judge_by(peer))
        assert house.place_precision.value > counts.place_precision.value
        assert house.f > counts.f


# -- the command ---------------------------------------------------------------------------------------------------


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    with patch.object(main, "console", Console(width=200, highlight=False)):
        result = CliRunner().invoke(app, ["eval", "match", "--half", "train", *arguments], env=environment)
    return result.exit_code, result.output


def test_the_command_prints_figures_with_counts_and_says_what_they_mean(data: Path) -> None:
    code, output = run("--data", str(data), "--posts", "150", LANG="en_GB.UTF-8")
    assert code == 0
    for words in ("150 posts", "right place, of those given one", "95 % (Wilson)", "calibration error", "By language"):
        assert words in output
    assert "exact name, then words of the place" in output


def test_the_command_speaks_french(data: Path) -> None:
    code, output = run("--data", str(data), "--posts", "60", LANG="fr_FR.UTF-8")
    assert code == 0
    assert "60 messages" in output
    assert "Par langue" in output


def test_the_command_gives_everything_as_json(data: Path) -> None:
    code, output = run("--posts", "80", "--json", OUIDIRE_DATA=str(data))
    assert code == 0
    found = json.loads(output)
    assert (found["half"], found["posts"]) == ("train", 80)
    assert set(found["rows"]) == {"house", "exact rule", "plain"}
    assert found["rows"]["house"]["posts"] == 80
    assert set(found["groups"]) == {"language", "spelling", "kind"}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, output = run("--data", str(tmp_path / "nothing"), LANG="en_GB.UTF-8")
    assert code == 1
    assert "There are no public data at" in output
    code, output = run("--data", str(tmp_path), "--posts", "0")
    assert code == 1
