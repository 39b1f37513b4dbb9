"""The kernel, built so that it stops at the first byte that is not its own, fed with whatever comes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "ouidire" / "match" / "_names.c"
SECONDS, LONG_SECONDS = 8, 600
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder with the instrumented kernel, and the environment in which Python can load it."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("the fuzzer needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("watched")
    command = [
        compiler,
        "-std=c11",
        "-O1",
        "-g",
        "-shared",
        "-fPIC",
        *SANITIZERS,
        f"-I{sysconfig.get_paths()['include']}",
    ]
    command += [str(SOURCE), "-o", str(folder / "_names.abi3.so")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode:
        pytest.skip(f"the compiler here has no sanitizers, or Python no headers: {built.stderr[:300]}")
    found = [_library(compiler, name) for name in ("libasan.so", "libubsan.so")]
    if not all(path.is_file() for path in found):
        pytest.skip("the sanitizers' libraries are not installed")
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(map(str, found)),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",  # Python itself leaves much to the end of the process
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": os.pathsep.join([str(SOURCE.parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    return folder, environment


def _library(compiler: str, name: str) -> Path:
    said = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return Path(said.stdout.strip())


@pytest.mark.timeout(LONG_SECONDS * 2)
@pytest.mark.parametrize(
    ("seconds", "seed"), [(SECONDS, 1), pytest.param(LONG_SECONDS, 1_000_000, marks=pytest.mark.long)]
)
def test_nothing_that_comes_breaks_the_kernel(watched: tuple[Path, dict[str, str]], seconds: int, seed: int) -> None:
    folder, environment = watched
    command = [sys.executable, str(Path(__file__).with_name("drive.py")), str(folder), str(seconds), str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    assert int(done.stdout) > 0


@pytest.mark.timeout(60)
def test_the_fuzzer_would_see_it(watched: tuple[Path, dict[str, str]]) -> None:
    """An instrumented kernel that is told of more bytes than there are is stopped: the watching works."""
    folder, environment = watched
    broken = (
        "import sys\n"
        "from ouidire.domain.fold import fold_letter\n"
        "from ouidire.match.hits import Hit, Scanned\n"
        "from tests.match.fuzz.drive import Path, names, use_kernel\n"
        "use_kernel(Path(sys.argv[1]))\n"
        "whole, packed, one = (names.kernel.Index(fold_letter, Hit, Scanned) for _ in range(3))\n"
        "one.add(1, 'lulu', (), (), False, False)\n"
        "packed.gather(one)\n"
        "parts = [bytearray(view) for view in packed.parts()]\n"
        "records = max(n for n, part in enumerate(parts) if len(part) == 5)\n"
        "parts[records][3] = 99\n"  # an owner who is not there
        "whole.gather(names.kernel.Index(fold_letter, Hit, Scanned, parts))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", broken, folder], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Sanitizer" in done.stderr or "runtime error" in done.stderr
