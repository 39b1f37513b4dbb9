"""Whatever is asked, the API answers as its OpenAPI document says: schemathesis asks, with good and with bad input."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ouidire.domain.ids import new_id
from tests.api.conftest import Scene
from tests.api.test_door import OPERATIONS

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = "tests.api.schemathesis_hooks"


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """A scene that answers any number of calls, and calls nobody itself."""
    scene.app.settings = scene.app.settings.model_copy(update={"api_per_minute": 0})
    scene.app.notifiers.pop("webhook")
    return scene


def test_every_operation_answers_as_the_document_says(busy: Scene) -> None:
    """Two requests each, good ones (for Alice's own ids) and bad ones by turns; `make long` asks thousands."""
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import CHECKS
    from schemathesis.python import asgi

    config = schemathesis.Config.from_path(CONFIG)
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", busy.web, config=config)
    caller = busy.program(busy.alice.owner)
    headers = {"Authorization": f"Bearer {caller.token}"}
    asked: set[str] = set()
    (ignored_auth,) = CHECKS.get_by_names(["ignored_auth"])

    def ask(case: Any, is_ours: bool) -> None:
        if is_ours:
            case.path_parameters = {name: busy.ids[name] for name in case.path_parameters or {}}
        if is_good_key((case.headers or {}).get("Idempotency-Key")):
            case.headers["Idempotency-Key"] = new_id()
        # Who has no token is asked about in test_door; here that would be two more calls for each.
        case.call_and_validate(headers=headers, session=session, excluded_checks=[ignored_auth])
        asked.add(case.operation.label)

    with asgi.get_client(busy.web) as session:
        for turn, result in enumerate(document.get_all_operations()):
            mode = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[turn % 2]
            _few(ask, result.ok().as_strategy(generation_mode=mode), ours=mode is GenerationMode.POSITIVE)
    assert len(asked) == len(OPERATIONS)


def _few(ask: Callable[[Any, bool], None], cases: st.SearchStrategy[Any], *, ours: bool) -> None:
    tried = given(case=cases, is_ours=st.just(ours))(ask)
    settled = settings(
        max_examples=2, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    seed(1)(settled(tried))()


def is_good_key(key: str | None) -> bool:
    """Such a key is made anew for each request: the same one for another request is refused, and rightly."""
    return key is not None and re.fullmatch(r"[!-~]{1,255}", key) is not None


@pytest.mark.long
def test_thousands_of_requests_find_nothing_to_complain_about(busy: Scene, address: str) -> None:
    """Every phase of schemathesis, stateful ones too, on a real socket."""
    caller = busy.program(busy.alice.owner)
    run = subprocess.run(
        [
            str(Path(sys.executable).with_name("st")), "--config-file", str(CONFIG), "run",
            f"{address}/api/v1/openapi.json", "-H", f"Authorization: Bearer {caller.token}", "--seed", "1",
            "--max-examples", "20", "--no-color",
        ],
        env={"SCHEMATHESIS_HOOKS": HOOKS, "PYTHONPATH": ":".join(sys.path)}, cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
