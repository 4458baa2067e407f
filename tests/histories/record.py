"""Record stories: `python -m tests.histories.record`. See README.md for when.

Records the stories that have no file yet, and writes what is expected of them. `--again` records
all stories anew: only for files of which no version was released. `--expected` leaves the recorded
events as they are and writes anew what is expected of them.
"""

import argparse
import sys
from collections.abc import Sequence

from tests.histories.files import Files
from tests.histories.policies import POLICIES
from tests.histories.replay import meaning
from tests.histories.stories import commit_statuses, images, jobs, lost_jobs, runners, slots, worlds
from tests.histories.story import record

STORIES = {
    story.name: story
    for room in (jobs, runners, slots, images, commit_statuses, lost_jobs, worlds)
    for story in room.STORIES
}
"""All stories that can be recorded, by name."""


def main(arguments: Sequence[str] | None = None, files: Files | None = None) -> None:
    """Write the files that are asked for."""
    asked = _parser().parse_args(arguments)
    files = files or Files()
    recorded = set(files.names())
    wanted = set(asked.stories or STORIES)
    new = wanted if asked.again else wanted - recorded
    files.write_policies(POLICIES)
    names = sorted(recorded & wanted if asked.expected else new)
    for name in names:
        if not asked.expected:
            files.write(name, record(STORIES[name]))
        files.expect(name, meaning(files.recording(name)))
    sys.stdout.write(f"wrote {len(names)} of {len(wanted)} stories: {', '.join(names) or 'none'}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.histories.record", description=__doc__)
    parser.add_argument("stories", nargs="*", help="names of stories; all by default")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--again", action="store_true", help="overwrite recorded files")
    kinds.add_argument("--expected", action="store_true", help="write only what is expected")
    return parser


if __name__ == "__main__":
    main()
