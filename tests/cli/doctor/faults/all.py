"""All faults, of every subject."""

from tests.cli.doctor.faults import app, data, github, lambdas, launch, statuses
from tests.cli.doctor.faults.fault import FAULTS, Fault

SUBJECTS = (app, data, github, lambdas, launch, statuses)
BY_NAME: dict[str, Fault] = {one.name: one for one in FAULTS}
