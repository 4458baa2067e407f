"""All planted bugs."""

from tests.simulation.bugs import adapters, effects, images, rules

BUGS = (*rules.BUGS, *effects.BUGS, *adapters.BUGS, *images.BUGS)
