"""Writes the golden files: `python -m tests.cli.golden`."""

from tests.cli.golden.files import write

write()
