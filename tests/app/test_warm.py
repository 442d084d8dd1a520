"""Every compiled loop that is run from outside its kernels is compiled by the warm-up."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
USED = re.compile(r"^ +from (obverse[\w.]*\._\w*kernels?) import ([\w, ]+)$", re.MULTILINE)


def _kernels() -> list[tuple[str, str]]:
    files = [path for path in SOURCE.rglob("*.py") if not path.name.startswith("_")]
    return [
        (home, name)
        for path in files
        for home, names in USED.findall(path.read_text(encoding="utf-8"))
        for name in names.split(", ")
    ]


def test_nothing_is_left_to_compile() -> None:
    kernels = _kernels()
    assert ("obverse.marks._perpetual_kernel", "perpetual_kernel") in kernels
    code = (
        "from importlib import import_module as load\nfrom obverse.app.warm import warm\nwarm()\n"
    )
    code += f"for home, name in {kernels!r}:\n"
    code += "    found = getattr(load(home), name)\n"
    code += "    assert found.signatures if hasattr(found, 'py_func') else True, name\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
