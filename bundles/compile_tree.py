"""A script for the runtime's Python: `compile_tree.py DIRECTORY PREFIX` compiles all modules.

It uses only the standard library. `PREFIX` is the path of the directory at run time. The bytecode
is unchecked hash-based: Python does not compare it with the source, so dates do not matter and no
module is compiled at a cold start.
"""

import py_compile
import sys
from pathlib import Path


def main(directory: str, prefix: str) -> None:
    """Compile the modules in a fixed order, so that equal trees give equal bytes."""
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
