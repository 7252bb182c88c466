"""A program: runs the blocks of one page in order; what they print goes to `printed.json`.

All in one process, so that Python and the engine start once for a page.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any


def main(program: str) -> None:
    """Runs the blocks; ends with status 1 at the first that fails."""
    sys.path.insert(0, "")
    variables: dict[str, Any] = {}
    printed = []
    for block in json.loads(Path(program).read_text(encoding="utf-8")):
        if block["title"]:
            write(block["title"], block["written"])
            printed.append("")
        elif block["language"] == "python":
            if block["fresh"]:
                variables = {}
            printed.append(python(block, variables))
        elif block["language"] in ("sh", "console"):
            printed.append(shell(block))
        else:
            printed.append("")
    Path("printed.json").write_text(json.dumps(printed), encoding="utf-8")


def write(title: str, text: str) -> None:
    """Writes the file that a block stands for."""
    Path(title).parent.mkdir(parents=True, exist_ok=True)
    Path(title).write_text(text, encoding="utf-8")


def python(block: dict[str, Any], variables: dict[str, Any]) -> str:
    """Runs Python, with the variables of the blocks before."""
    name, code = f"<line {block['line']}>", block["code"]
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    variables["__name__"] = "__main__"
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(compile(code, name, "exec"), variables)
    except Exception:
        traceback.print_exc()
        fail(block, output.getvalue())
    return output.getvalue()


def shell(block: dict[str, Any]) -> str:
    """Runs commands of a shell; what it exports is there for the next one."""
    code = f". ./exported.sh\n{block['code']}\nexport -p > exported.sh"
    Path("exported.sh").touch()
    done = subprocess.run(["sh", "-euc", code], capture_output=True, text=True, check=False)
    if done.returncode:
        fail(block, done.stdout + done.stderr)
    return done.stdout


def fail(block: dict[str, Any], output: str) -> None:
    """Ends the program, saying which block failed."""
    print(f"line {block['line']}:\n{block['code']}\n{output}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
