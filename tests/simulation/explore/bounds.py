"""The scenarios: the tests search the quick ones, `make explore` the deep ones."""

from msgspec.structs import replace

from tests.simulation.explore.scenario import LARGE, SMALL, THIEF, Grain, Scenario
from tests.simulation.explore.world import Left
from tests.support import stories

ONE_RUNNER = replace(stories.POLICY, max_runners=1)

QUICK = {
    "one job, its consumers crash and its notices are lost": Scenario(
        labels=(SMALL,), runners=1, channel=2, left=Left(crashes=1, losses=1)
    ),
    "one job, its task dies while time passes": Scenario(
        labels=(SMALL,), runners=1, channel=1, grain=Grain.STEPS, left=Left(deaths=1, waits=1)
    ),
    "two equal jobs": Scenario(labels=(SMALL, SMALL), runners=2, channel=1, grain=Grain.STEPS),
    "one job that GitHub holds for a while": Scenario(
        labels=(SMALL,), runners=1, channel=2, grain=Grain.STEPS, left=Left(holds=1)
    ),
    "one job whose idle runner GitHub removes": Scenario(
        labels=(SMALL,), runners=2, channel=2, grain=Grain.STEPS, left=Left(removals=1)
    ),
    "two jobs and one slot": Scenario(
        labels=(SMALL, LARGE), runners=2, channel=1, grain=Grain.STEPS, policy=ONE_RUNNER
    ),
}

DEEP = {
    "one job, every fault but time": Scenario(
        labels=(SMALL,),
        runners=1,
        channel=3,
        left=Left(crashes=1, losses=1, doubles=1, deaths=1, cancels=1, failures=1),
    ),
    "one job, notices as late as the lives of two runners": Scenario(labels=(SMALL,), runners=2),
    "one job, crashes and losses while time passes": Scenario(
        labels=(SMALL,),
        runners=1,
        channel=1,
        grain=Grain.STEPS,
        left=Left(crashes=1, losses=1, waits=1),
    ),
    "one job, deaths while time passes": Scenario(
        labels=(SMALL,), runners=1, channel=2, grain=Grain.STEPS, left=Left(deaths=1, waits=1)
    ),
    "two jobs that want different runners, crashes": Scenario(
        labels=(SMALL, LARGE), runners=2, channel=1, grain=Grain.STEPS, left=Left(crashes=1)
    ),
    "two jobs and one slot, crashes": Scenario(
        labels=(SMALL, LARGE),
        runners=2,
        channel=1,
        grain=Grain.STEPS,
        left=Left(crashes=1),
        policy=ONE_RUNNER,
    ),
    "two jobs, crashes and losses": Scenario(
        labels=(SMALL, SMALL),
        runners=2,
        channel=1,
        grain=Grain.STEPS,
        left=Left(crashes=1, losses=1),
    ),
    "one job that GitHub holds until it has a second runner": Scenario(
        labels=(SMALL,), runners=2, channel=1, grain=Grain.STEPS, left=Left(holds=1)
    ),
    "one job that is held, crashes and losses": Scenario(
        labels=(SMALL,),
        runners=1,
        channel=2,
        grain=Grain.STEPS,
        left=Left(holds=1, crashes=1, losses=1),
    ),
    "one job whose runner another job takes": Scenario(
        labels=(SMALL, THIEF), thieves=1, runners=2, channel=1, grain=Grain.STEPS
    ),
    "one job whose idle runner is removed while time passes": Scenario(
        labels=(SMALL,),
        runners=2,
        channel=1,
        grain=Grain.STEPS,
        left=Left(removals=1, waits=1),
    ),
    "two jobs, a slow consumer": Scenario(
        labels=(SMALL, SMALL), runners=2, channel=1, grain=Grain.STEPS, left=Left(pauses=1)
    ),
    "two jobs, all notices under way at once": Scenario(
        labels=(SMALL, SMALL), runners=2, grain=Grain.STEPS
    ),
    "three jobs": Scenario(
        labels=(SMALL, SMALL, SMALL),
        runners=3,
        channel=1,
        grain=Grain.STEPS,
        most_states=1_000_000,
    ),
}
