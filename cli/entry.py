"""Where the process `ecsrunner` begins: Ctrl-C ends it quietly even while modules are imported."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        from cli.main import main as run  # noqa: PLC0415 - importing is what may be interrupted

        run(prog_name="ecsrunner")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
