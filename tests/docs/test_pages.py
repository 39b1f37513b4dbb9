"""What the pages name is there: files, links, tests, recipes, commands, settings; and what is there has its line."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from scripts.reference import command_name

import ouidire
import ouidire.domain
from ouidire.cli.main import app
from ouidire.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "src" / "ouidire"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *SOURCE.rglob("*.md"), ROOT / "tests/peers/README.md"])
OURS = [page for page in PAGES if SOURCE not in page.parents]
"""Pages that speak of the whole house, not of their own folder alone."""

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
SPAN = re.compile(r"(?:src|tests|docs|scripts|benchmarks)/[\w./-]*\w/?")
FILE = re.compile(r"[\w./-]+\.(?:py|toml|md|html|npz|sh|csv\.gz)")
TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
PLACEHOLDER = re.compile(r"NAME|example")

ON_DISK = {"imports/", "backups/"}
"""Folders of a running house, not of the source."""


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def plain(page: Path) -> str:
    return page.read_text("utf-8")


def slug(heading: str) -> str:
    """The anchor that code hosts give a heading."""
    words = re.sub(r"[`*]", "", LINK.sub(r"", heading)).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in plain(page).splitlines() if line.startswith("#")}


def broken_links(page: Path) -> list[str]:
    broken = []
    for target in LINK.findall(plain(page)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    return broken


def missing_files(page: Path) -> list[str]:
    """Paths in the text, and file names in code spans, that lead nowhere from the root, the package or the page."""
    text = re.sub(r"https?://\S+", "", plain(page))
    spoken = set(SPAN.findall(text)) | {code for code in CODE.findall(text) if FILE.fullmatch(code)}
    wanted = {one for one in spoken if not PLACEHOLDER.search(one)}
    return sorted(one for one in wanted if not is_there(one, page))


def is_there(path: str, page: Path) -> bool:
    """A bare file name may lie anywhere in the house: a manifest is in every connector's folder."""
    if any((place / path).exists() for place in (ROOT, SOURCE, page.parent)):
        return True
    return "/" not in path and any(SOURCE.rglob(path))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    assert missing_files(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A place\n[a](gone.md) [b](#a-place) [c](#nowhere) [d](https://x.example) `src/ouidire/gone.py`")
    assert broken_links(page) == ["gone.md", "#nowhere"]
    assert missing_files(page) == ["src/ouidire/gone.py"]


@pytest.mark.parametrize("page", OURS, ids=named)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    absent = [
        f"{file}::{test}"
        for file, test in TEST.findall(plain(page))
        if not (ROOT / file).is_file() or f"def {test}(" not in plain(ROOT / file)
    ]
    assert absent == []


def test_each_invariant_names_tests() -> None:
    promises = plain(DOCS / "invariants.md").split("\n## ")[1:]
    assert [promise[:2] for promise in promises] == [f"{n}." for n in range(1, 9)]
    assert [promise.splitlines()[0] for promise in promises if not TEST.search(promise)] == []


@pytest.mark.parametrize("page", OURS, ids=named)
def test_every_recipe_command_and_setting_that_is_named_is_there(page: Path) -> None:
    code = "\n".join([*CODE.findall(plain(page)), *re.findall(r"^ {4}.*$", plain(page), re.M)])
    recipes = set(re.findall(r"^([a-z]+):", plain(ROOT / "Makefile"), re.M))
    commands = {command_name(one) for one in app.registered_commands}
    known = {f"OUIDIRE_{name.upper()}" for name in Settings.model_fields} | for_tests()

    assert set(re.findall(r"\bmake ([a-z]+)", code)) - recipes == set()
    assert set(re.findall(r"\bouidire ([a-z]+)", code)) - commands == set()
    assert set(re.findall(r"\bOUIDIRE_[A-Z_]+\b", plain(page))) - known == set()


def for_tests() -> set[str]:
    """Variables that the tests and scripts read."""
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "scripts").iterdir()]
    texts = (file.read_text("utf-8") for file in files if file.suffix in (".py", ".sh") and file != Path(__file__))
    return {name for text in texts for name in re.findall(r"\bOUIDIRE_[A-Z_]+\b", text)}


def test_every_noun_has_its_word_in_the_glossary() -> None:
    modules = [one.name for one in pkgutil.iter_modules(ouidire.domain.__path__)]
    linked = LINK.findall(plain(DOCS / "glossary.md"))
    assert [name for name in modules if f"../src/ouidire/domain/{name}.py" not in linked] == []


def test_every_folder_of_the_house_has_its_line_in_the_architecture() -> None:
    house = plain(DOCS / "architecture.md").partition("## The house")[2]
    found = pkgutil.iter_modules(ouidire.__path__)
    names = [f"`{one.name}/`" if one.ispkg else f"`{one.name}.py`" for one in found]
    assert [name for name in names if name not in house] == []


def test_the_architecture_names_no_folder_that_is_gone() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", plain(DOCS / "architecture.md").partition("## The house")[2], re.M)
    told = [name for row in rows for name in re.findall(r"`([a-z]+(?:/|\.py))`", row)]
    assert [name for name in told if name not in ON_DISK and not (SOURCE / name).exists()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        waiting += [(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(plain(page))]
    assert [named(page) for page in OURS if page not in reached and DOCS in page.parents] == []


def test_decisions_are_numbered_dated_and_short() -> None:
    pages = sorted((DOCS / "decisions").glob("0*.md"))
    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    for page in pages:
        lines = plain(page).splitlines()
        assert lines[0].startswith(f"# {page.name[:4]} ")
        assert re.match(r"(Accepted|Replaced by \S+), \d{4}-\d\d-\d\d\.", lines[2])
        assert len(lines) <= 25


def test_the_notice_and_the_changelog_know_what_is_there() -> None:
    assert missing_files(ROOT / "NOTICE") == []
    version = ouidire.__version__.partition(".dev")[0]
    assert f"## [{version}]" in plain(ROOT / "CHANGELOG.md")
    assert tomllib.loads(plain(ROOT / "pyproject.toml"))["project"]["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in plain(ROOT / "LICENSE")
