"""The commands of `ecsrunner` by name, with their short helps. It imports none."""

from cli.lazy import Lazy

COMMANDS = {
    "completion": Lazy(
        "cli.commands.completion",
        "completion",
        "Print the script that completes `ecsrunner` in a shell.",
    ),
    "doctor": Lazy(
        "cli.commands.doctor", "doctor", "Check the fleet, and name each problem with its remedy."
    ),
    "github": Lazy(
        "cli.commands.github", "github", "Create the fleet's GitHub App, and connect its webhook."
    ),
    "jobs": Lazy("cli.commands.jobs", "jobs", "List jobs, and show why one waits or waited."),
    "list-class-sizes": Lazy(
        "cli.commands.class_sizes", "list_class_sizes", "List the runner classes and their sizes."
    ),
    "log": Lazy(
        "cli.commands.log",
        "log",
        "Export streams of the event log to a file, and import them into an empty one.",
    ),
    "logs": Lazy("cli.commands.logs", "logs", "Show what the containers of runners wrote."),
    "queues": Lazy(
        "cli.commands.queues", "queues", "Show how full the queues are, and what failed too often."
    ),
    "replay": Lazy(
        "cli.commands.replay", "replay", "Check and rebuild what is derived from the log."
    ),
    "report": Lazy(
        "cli.commands.report",
        "report",
        "Report on a period: queue times, failures, use and cost of tasks, by hour and by day.",
    ),
    "runners": Lazy("cli.commands.runners", "runners", "Look at runners and stop them."),
    "stats": Lazy(
        "cli.commands.stats",
        "stats",
        "Show how long jobs waited, what failed, and how well the tasks were used.",
    ),
    "status": Lazy("cli.commands.status", "status", "Show the state of the fleet on one screen."),
    "timeline": Lazy(
        "cli.commands.timeline", "timeline", "Show the runners of a period on a time axis."
    ),
    "webhooks": Lazy(
        "cli.commands.webhooks", "webhooks", "Show webhooks that were ignored or refused, and why."
    ),
}
"""Each command: its module, its name there, its short help."""
