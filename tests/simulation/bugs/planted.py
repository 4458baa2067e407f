"""All planted bugs."""

from tests.simulation.bugs import adapters, effects, github, images, losses, rules, statuses

BUGS = (
    *rules.BUGS,
    *effects.BUGS,
    *adapters.BUGS,
    *images.BUGS,
    *github.BUGS,
    *statuses.BUGS,
    *losses.BUGS,
)
