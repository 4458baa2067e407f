"""Bugs around runner images and the circuit: exploration asks for neither."""

from itertools import count
from typing import Any

from msgspec.structs import replace

from shared.adapters import images as adapter
from shared.adapters.images import EcrCodeBuildImages
from shared.domain import events as e
from shared.domain.actions import InformWaiters, IntendLaunch
from shared.domain.decision import Given
from shared.domain.decisions import DECISIONS
from shared.domain.image import decisions as images
from shared.domain.image import fold as image_fold
from shared.domain.image import rules as image_rules
from shared.domain.image.builds import Builds
from shared.domain.image.state import Image
from shared.domain.job import admission
from shared.domain.slot import decisions as slots
from shared.domain.slot import rules as slot_rules
from shared.domain.slot.counter import Admitted
from shared.ports import Build
from tests.simulation.bugs.bug import Bug, Worlds, entry, replaced, rule

_BUILD, _AWAIT = EcrCodeBuildImages.build, images.await_image
_AWAITED = image_fold._HANDLERS[e.ImageAwaited]


def _other_token() -> Any:
    tokens = count(1)

    def build(self: EcrCodeBuildImages, tag: str, base: str, _token: str) -> Build:
        return _BUILD(self, tag, base, f"token-{next(tokens)}")

    return replaced(EcrCodeBuildImages, "build", build)


def _without_log(given: Given, action: InformWaiters) -> Any:
    return images.inform_waiters(given, replace(action, image=replace(action.image, log_url="")))


def _default_image(given: Given, action: IntendLaunch) -> Any:
    return _AWAIT(given, replace(action, base=None))


def _more_time(before: Image, fact: e.ImageAwaited, at: Any) -> Image:
    return replace(_AWAITED(before, fact, at), timeout=fact.timeout)


def _without(wrong: Any) -> Any:
    left = tuple(one for one in image_rules.RULES if one[1] is not wrong)
    return replaced(image_rules, "RULES", left)


BUGS = (
    Bug(
        name="other build token",
        says="StartBuild is repeated under another token, and begins a second build",
        breaks=("a tag has one build at a time",),
        plant=_other_token,
        scenario=None,
        worlds=Worlds("aimed-images", aim="codebuild.start_build"),
    ),
    Bug(
        name="default image",
        says="a job that asks for an image of its own runs on the default one",
        breaks=("a task runs from its job's image",),
        plant=lambda: replaced(images, "await_image", _default_image),
        scenario=None,
        worlds=Worlds("images"),
    ),
    Bug(
        name="any image",
        says="an image is built from whatever a label names",
        breaks=("only what is allowed is built",),
        plant=lambda: replaced(admission, "image_refusal", lambda *_: None),
        scenario=None,
        worlds=Worlds("images"),
    ),
    Bug(
        name="log not named",
        says="a job whose image could not be built is not told where the build's log is",
        breaks=("a failed image is explained",),
        plant=lambda: entry(DECISIONS, InformWaiters, _without_log),
        scenario=None,
        worlds=Worlds("images", seed=1),
    ),
    Bug(
        name="build not asked for",
        says="a build whose end nobody tells goes on for ever",
        breaks=("the end of a build is noticed", "no job waits too long for its image"),
        plant=lambda: _without(image_rules._check),
        scenario=None,
        worlds=Worlds("images"),
    ),
    Bug(
        name="more time for a build",
        says="each job that comes meanwhile gives a hanging build the time that jobs have",
        breaks=("no job waits too long for its image",),
        plant=lambda: entry(image_fold._HANDLERS, e.ImageAwaited, _more_time),
        scenario=None,
        worlds=Worlds("images", seed=2),
    ),
    Bug(
        name="builds a day without limit",
        says="each base that a label invents is built",
        breaks=("builds a day are limited",),
        plant=lambda: replaced(Builds, "refusal", lambda *_: None),
        scenario=None,
        worlds=Worlds("images-limited"),
    ),
    Bug(
        name="image in use deleted",
        says="an image is deleted when it is old, however often it is used",
        breaks=("an image in use does not expire",),
        plant=lambda: replaced(adapter, "_last_used", lambda found: found["imagePushedAt"]),
        scenario=None,
        worlds=Worlds("images-expire"),
    ),
    Bug(
        name="circuit without effect",
        says="while no launch works, all are tried at once",
        breaks=("an open circuit lets one launch through",),
        plant=lambda: replaced(slots, "admit_launch", lambda *_: Admitted(0)),
        scenario=None,
        worlds=Worlds("circuit"),
    ),
    Bug(
        name="circuit left open",
        says="the launch that was tried works, and the others wait until its job has ended",
        breaks=("a launch that works closes the circuit",),
        plant=lambda: rule(slot_rules.close_circuit, None),
        scenario=None,
        worlds=Worlds("circuit", seed=0),
    ),
)
