"""Says which patch a test is about: the test must pass with it and fail without it."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from local.aws.patches import PATCHES, Patch


def fixed_by(patch: Patch) -> pytest.MarkDecorator:
    """Run the test with all patches, and again with all but this one, where it has to fail."""
    if patch not in PATCHES:
        raise ValueError(f"{patch} is not applied by the server")
    ways = [pytest.param(None, id="patched"), pytest.param(patch, id="plain-moto-fails")]
    return pytest.mark.parametrize("without", ways, indirect=True)


def let_two_meet(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """Let threads enter and leave the method in pairs, if it lets in more than one at a time.

    Whoever waits alone for a second is alone: from then on nobody waits.
    """
    method = getattr(owner, name)
    two = Barrier(2)

    def meeting(*args: Any, **kwargs: Any) -> Any:
        with suppress(BrokenBarrierError):
            two.wait(timeout=1)
        answer = method(*args, **kwargs)
        with suppress(BrokenBarrierError):
            two.wait(timeout=1)
        return answer

    monkeypatch.setattr(owner, name, meeting)
