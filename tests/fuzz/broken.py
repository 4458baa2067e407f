"""What a target raises: an input for which something did not hold."""

from typing import Any


class Broken(AssertionError):
    """Something did not hold; the text names it and shows the beginning of the input."""

    def __init__(self, what: str, given: Any = "") -> None:
        shown = f"\ninput: {str(given)[:4000]}" if given else ""
        super().__init__(f"{what[:6000]}{shown}")
