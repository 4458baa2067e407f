"""What labels ask for, which sizes Fargate has, and how runners are named."""

import pytest
from msgspec.structs import replace

from shared import class_sizes
from shared.domain import fargate, labels, names
from shared.domain.bounds import MAX_ID
from shared.domain.history import read_job
from shared.domain.stream import NoSuchStream, StreamId
from shared.engine.effects.launch import client_token
from tests.support.stories import intended


def test_labels_are_taken_apart_without_regard_to_case() -> None:
    wants = labels.parse(["Self-Hosted", "IMAGE:Ubuntu:24.04", "Class:Large", "linux", "run:17"])
    assert wants == labels.Wants(
        self_hosted=True, image="Ubuntu:24.04", class_name="large", rest=("linux", "run:17")
    )


def test_a_job_without_self_hosted_is_none_of_ours() -> None:
    assert not labels.is_self_hosted(["ubuntu-latest", "self-hosted-not"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["class:a", "class:b"], "more than one class: label: a, b"),
        (["image:"], 'label "image:" names nothing'),
    ],
)
def test_labels_that_contradict_themselves_say_how(given: list[str], message: str) -> None:
    with pytest.raises(labels.LabelError, match=message):
        labels.parse(["self-hosted", *given])


def test_a_runner_serves_jobs_whose_labels_it_has() -> None:
    assert labels.serves(["self-hosted", "Linux", "x64"], ["SELF-HOSTED", "linux"])
    assert not labels.serves(["self-hosted"], ["self-hosted", "gpu"])


@pytest.mark.parametrize(
    ("cpu", "memory"),
    [
        (256, 512),
        (512, 4096),
        (4096, 30720),
        (8192, 61440),
        (16384, 122880),
        (32768, 61440),
        (32768, 122880),
        (32768, 249856),
    ],
)
def test_fargates_sizes_are_accepted(cpu: int, memory: int) -> None:
    assert fargate.size_error(cpu, memory) is None


@pytest.mark.parametrize(
    ("cpu", "memory", "message"),
    [
        (300, 512, "cpu 300 is not"),
        (256, 4096, "allowed: 512, 1024, 2048"),
        (8192, 17408, "8192"),
        (32768, 131072, "allowed: 61440, 122880, 249856 MiB"),
    ],
)
def test_other_sizes_are_refused_with_what_is_allowed(cpu: int, memory: int, message: str) -> None:
    assert message in (fargate.size_error(cpu, memory) or "")


def test_class_sizes_are_read() -> None:
    sizes = class_sizes.parse('{"xl": {"cpu": 4096, "memory": 8192, "capacity": ["FARGATE_SPOT"]}}')
    assert sizes["xl"].capacity == ("FARGATE_SPOT",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "class sizes: Invalid JSON"),
        ("{}", "at least 1 item"),
        ('{"a": {"cpu": 300, "memory": 512}}', "a: cpu 300 is not a Fargate size; allowed: 256"),
        ('{"a": {"cpu": 256}}', "a.memory: Field required"),
        ('{"a": {"cpu": 256, "memory": 512, "gpu": 1}}', "a.gpu: Extra inputs"),
        ('{"A!": {"cpu": 256, "memory": 512}}', "should match pattern"),
    ],
)
def test_wrong_class_sizes_say_where_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(class_sizes.ClassSizesError) as caught:
        class_sizes.parse(text)
    assert message in str(caught.value)


def test_the_longest_runner_id_and_client_token_fit_github_and_ecs() -> None:
    longest = names.runner_id("p" * names.MAX_PREFIX, MAX_ID, 999)
    token = client_token(replace(intended(longest), attempt=999_999))
    assert len(token) <= names.MAX_RUNNER_ID == 64
    assert names.home_job(longest) == MAX_ID


@pytest.mark.parametrize("number", ["0", "007", "+7", "7 ", "\uff17", str(MAX_ID + 1), "9" * 30])
def test_a_job_has_one_stream_and_an_id_of_64_bits(number: str) -> None:
    assert StreamId.parse(f"job-{number}") is None
    assert names.home_job(f"fleet-{number}-1") is None
    assert names.home_job(f"fleet-7-{number}") is None
    assert StreamId(f"job-{MAX_ID}").job_id == MAX_ID


@pytest.mark.parametrize("name", ["", "fleet", "fleet-x-1", "my-laptop"])
def test_what_is_no_runners_id_has_no_stream(name: str) -> None:
    with pytest.raises(NoSuchStream, match="is no runner's id"):
        StreamId.of_runner(name)


def test_only_the_stream_of_a_job_is_read_as_one() -> None:
    with pytest.raises(NoSuchStream, match="'image-ubuntu-1' is not a job's stream"):
        read_job(StreamId.of_image("ubuntu-1"), [])


@pytest.mark.parametrize("prefix", ["", "Fleet", "a_b", "-a", "a--b", "a" * 40])
def test_a_prefix_that_could_not_begin_every_name_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="is not valid; allowed"):
        names.check_prefix(prefix)


@pytest.mark.parametrize(
    ("name", "own"),
    [("fleet-7-1", "fleet-7-1"), ("other-7-1", None), ("fleet-x-1", None), ("GitHub 5", None)],
)
def test_only_names_of_this_fleet_are_its_runners(name: str, own: str | None) -> None:
    assert names.own_runner("fleet", name) == own


def test_a_prefix_may_hold_digits_and_dashes_and_be_found_again() -> None:
    assert names.own_runner("ci-2-9", "ci-2-9-55-1") == "ci-2-9-55-1"
    assert names.home_job("ci-2-9-55-1") == 55
