"""The entry point of `ecsrunner`. Ctrl-C ends it without a traceback even during imports."""

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line."""
    try:
        from cli.main import main as run  # noqa: PLC0415 - importing is what may be interrupted

        run(prog_name="ecsrunner")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
