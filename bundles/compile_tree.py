"""Run by the runtime's Python: `compile_tree.py DIRECTORY PREFIX` compiles every module in there.

Standard library only. The bytecode is never checked against its source, so a date does not matter
and nothing is compiled again at a cold start; `PREFIX` is where the directory is when it runs.
"""

import py_compile
import sys
from pathlib import Path


def main(directory: str, prefix: str) -> None:
    """Compile in one order, so that equal trees give equal bytes."""
    root = Path(directory)
    for source in sorted(root.rglob("*.py")):
        py_compile.compile(
            str(source),
            dfile=f"{prefix}/{source.relative_to(root).as_posix()}",
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
