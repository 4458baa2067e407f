"""Why a bundle can not be built; the text is for the person who asked for it."""


class BundleError(Exception):
    """What is missing, and what to do about it."""
