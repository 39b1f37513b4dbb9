"""The one thing that pyproject.toml cannot say for good: an extension that is built where there is a C compiler.

Where there is none the installation goes on without it, and `match/names.py` uses what stands in for it.
"""

import sys

from setuptools import Extension, setup

LIMITED = "cp311"
"""The stable ABI of CPython 3.11: one build serves every later version."""

setup(
    ext_modules=[
        Extension(
            "ouidire.match._names",
            ["src/ouidire/match/_names.c"],
            depends=[f"src/ouidire/match/_{part}.h" for part in ("fold", "table", "packed", "look")],
            extra_compile_args=["/O2"] if sys.platform == "win32" else ["-O3", "-std=c11"],
            py_limited_api=True,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": LIMITED}},
)
