"""`python -m cli`: the same as `ecsrunner`."""

from cli.entry import main

main()
