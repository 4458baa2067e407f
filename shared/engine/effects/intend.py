"""The intent to launch a runner, for which the launch takes its turn at GitHub.

That is a call, so it is an effect; what is recorded are decisions. After a conflict another turn is
taken: one that is not used only costs time.
"""

from msgspec.structs import replace

from shared.domain.actions import IntendLaunch
from shared.domain.decision import Decided, Given
from shared.domain.image import decisions as image
from shared.domain.slot import decisions as slot
from shared.engine.dependencies import Dependencies
from shared.engine.turns import take_turn


def intend_launch(deps: Dependencies, given: Given, action: IntendLaunch) -> Decided | None:
    """Begin the launch if its image, a slot and its turn are there; else record what it awaits."""
    runner = action.runner
    load = deps.ready_images.loading(given, action.fact.placement.task_definition)
    fact = image.await_image(replace(given, load=load), action)
    if isinstance(fact, Decided):
        return fact
    admission = slot.admit(given, runner)
    if not isinstance(admission, slot.Admission):
        return admission
    limits = admission.slots.rate_limits
    turn = admission.turn or take_turn(deps, given.policy, given.now, limits)
    return slot.intend(given, runner, fact, admission, turn)
