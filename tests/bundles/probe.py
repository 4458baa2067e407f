"""A handler beside the real one: what can be imported there, and where all that is loaded is."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path


def handler(event, _context):
    importlib.import_module(os.environ["PROBED"])
    loaded = {name: getattr(one, "__file__", None) for name, one in sys.modules.items()}
    return {
        "found": [name for name in event["names"] if importlib.util.find_spec(name)],
        "files": {name: file for name, file in loaded.items() if file},
        "standard": str(Path(os.__file__).parent),
    }
