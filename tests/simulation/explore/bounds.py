"""The scenarios that are searched: the quick ones by the tests, the deep ones by `make explore`."""

from tests.simulation.explore.scenario import SMALL, Grain, Scenario
from tests.simulation.explore.world import Left

QUICK = {
    "one job, its consumers crash and its notices are lost": Scenario(
        labels=(SMALL,), runners=1, left=Left(crashes=1, losses=1)
    ),
    "one job, its task dies while time passes": Scenario(
        labels=(SMALL,), runners=1, grain=Grain.STEPS, left=Left(deaths=1, waits=1)
    ),
    "two equal jobs": Scenario(labels=(SMALL, SMALL), runners=2, grain=Grain.STEPS, channel=1),
}

DEEP = {
    "one job and every fault but time": Scenario(
        labels=(SMALL,),
        runners=1,
        channel=3,
        left=Left(crashes=1, losses=1, doubles=1, deaths=1, cancels=1, failures=1),
    ),
}
