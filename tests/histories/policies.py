"""The policies under which histories are recorded and replayed, by name.

A recorded file names its policy. Add a policy rather than change one: the next actions of all
files that name it follow from it.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from shared.domain.policy import CommitStatuses, Policy
from shared.domain.runner_scope import RunnerScopes
from tests.simulation.world.fleet import IMAGES as WORLD_IMAGES
from tests.support import stories
from tests.support.images import IMAGES

_PLAIN = stories.POLICY
_OCTO = RunnerScopes(organizations=("octo",))
_SUBNETS = replace(_PLAIN.placement, subnets=("subnet-1", "subnet-2"))
_WORLD = replace(_PLAIN, placement=replace(_SUBNETS, image="runner", task_definition="runner:1"))

POLICIES: Mapping[str, Policy] = {
    "plain": _PLAIN,
    "two launches": replace(_PLAIN, max_launches=2),
    "one slot": replace(_PLAIN, max_runners=1),
    "circuit": replace(_PLAIN, circuit_failures=2, circuit_pause=60, max_launches=9),
    "two subnets": replace(_PLAIN, placement=_SUBNETS),
    "organization": replace(_PLAIN, runner_scopes=_OCTO),
    "images": replace(_PLAIN, images=IMAGES),
    "one build a day": replace(_PLAIN, images=replace(IMAGES, builds_a_day=1)),
    "commit statuses": replace(_PLAIN, max_runners=1, commit_statuses=CommitStatuses(enabled=True)),
    "cancelled runs": replace(_PLAIN, cancel_refused_runs=True),
    "lost jobs": replace(_PLAIN, lost_job_reruns=1),
    "world": _WORLD,
    "world, organization": replace(_WORLD, runner_scopes=_OCTO),
    "world, images": replace(_WORLD, images=WORLD_IMAGES),
}
