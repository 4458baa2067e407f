"""All planted bugs."""

from tests.simulation.bugs import adapters, effects, rules

BUGS = (*rules.BUGS, *effects.BUGS, *adapters.BUGS)
