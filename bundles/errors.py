"""The exception for a bundle that can't be built. Its text is shown to the user."""


class BundleError(Exception):
    """A bundle can't be built. The text contains the cause and the remedy."""
