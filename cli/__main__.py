"""`python -m cli`: the same as `ecsrunner`."""

from cli.main import main

main(prog_name="ecsrunner")
