"""A container sees what ECS gives it, and nothing else."""

from typing import Any

from local.fargate.environment import environment_of, object_of, read_environment_file


def test_an_environment_file_is_read_as_ecs_reads_it() -> None:
    text = '# a comment\nJIT=abc==\n\nQUOTED="as is"\nno variable\nEMPTY=\n=nameless\n'
    assert read_environment_file(text) == {"JIT": "abc==", "QUOTED": '"as is"', "EMPTY": ""}


def test_the_more_particular_value_wins() -> None:
    definition: dict[str, Any] = {
        "name": "runner",
        "environment": [{"name": "B", "value": "definition"}, {"name": "C", "value": "definition"}],
    }
    override = {
        "name": "runner",
        "environmentFiles": [{"value": "arn:aws:s3:::bucket/a.env", "type": "s3"}],
        "environment": [{"name": "C", "value": "override"}],
    }
    other = {"name": "sidecar", "environment": [{"name": "D", "value": "sidecar"}]}
    found = environment_of(
        {"overrides": {"containerOverrides": [other, override]}},
        definition,
        {"HOME": "/home", "A": "image"},
        {"arn:aws:s3:::bucket/a.env": "A=file\nB=file\nC=file"}.__getitem__,
    )
    assert found.pop("PATH").endswith("/bin")
    assert found == {"HOME": "/home", "A": "file", "B": "definition", "C": "override"}


def test_an_object_is_known_by_its_arn() -> None:
    assert object_of("arn:aws:s3:::bucket/dir/a.env") == ("bucket", "dir/a.env")
