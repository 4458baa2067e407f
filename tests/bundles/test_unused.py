"""A function's zip holds `shared` as a whole, so nothing is in there that no function imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def test_every_module_of_shared_is_imported_by_some_function() -> None:
    paths = [*PROJECT.glob("shared/**/*.py"), *PROJECT.glob("functions/**/*.py")]
    modules = {_name(path): path for path in paths}
    found: set[str] = set()
    left = [name for name in modules if name.endswith(".handler")]
    assert len(left) == 5
    while left:
        name = left.pop()
        if name not in modules or name in found:
            continue
        found.add(name)
        left += [name.rpartition(".")[0], *_imported(modules[name])]
    assert sorted(one for one in modules if one.startswith("shared") and one not in found) == []
