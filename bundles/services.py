"""Determines which AWS services the functions call, from the module that creates their clients."""

import ast
from pathlib import Path

from bundles.errors import BundleError

CLIENTS = "shared/adapters/clients.py"


def services(project: Path) -> frozenset[str]:
    """Return botocore's names of the services.

    Raises:
        BundleError: A client is created without a literal name, or no client is created.
    """
    made = [node for node in ast.walk(_parsed(project)) if _makes_client(node)]
    found = frozenset(_name(node) for node in made if isinstance(node, ast.Call))
    if not found:
        raise BundleError(f"{CLIENTS} makes no client: which services are used?")
    return found


def _parsed(project: Path) -> ast.Module:
    return ast.parse((project / CLIENTS).read_text())


def _makes_client(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr == "client"


def _name(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            return name
        case _:
            raise BundleError(f"{CLIENTS}, line {call.lineno}: a client of a service by its name")
