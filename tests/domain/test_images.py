"""Which bases a label may name, and which tag the image made from one has."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain.image.naming import image_tag, refusal
from shared.domain.policy import Images
from shared.domain.stream import StreamId

IMAGES = Images(
    default_base="ubuntu:24.04",
    allowed=("*", "*/*", "ghcr.io/*/*", "registry.example:5000/*/*"),
    revision="recipe-1",
)

REFERENCES = [
    "ubuntu",
    "ubuntu:24.04",
    "library/ubuntu",
    "ghcr.io/acme/build_image:v1.2-rc.3",
    "registry.example:5000/a/b--c:latest",
    f"ubuntu@sha256:{'0' * 64}",
    f"ubuntu:24.04@sha256:{'a' * 64}",
]


@pytest.mark.parametrize("base", REFERENCES)
def test_an_image_reference_is_accepted(base: str) -> None:
    assert refusal(base, IMAGES) is None


@pytest.mark.parametrize(
    "base",
    [
        "Ubuntu",
        "ubuntu:",
        "ubuntu:24.04\n",
        "ubuntu 24.04",
        "ubuntu;reboot",
        "$(reboot)",
        "`reboot`",
        "--privileged",
        "../ubuntu",
        "ubuntu@sha256:0",
        "a/" * 130 + "b",
        "ubuntu:" + "1" * 129,
        "übuntu",
    ],
)
def test_text_that_is_no_reference_in_full_is_refused_with_what_is_allowed(base: str) -> None:
    told = refusal(base, IMAGES)
    assert told is not None
    assert "not an image reference; allowed: [host/]name[:tag]" in told


def test_a_base_that_no_pattern_allows_is_refused_with_the_patterns() -> None:
    images = replace(IMAGES, allowed=("ubuntu:*", "ghcr.io/acme/*"))
    assert refusal("ubuntu:24.04", images) is None
    assert refusal("ghcr.io/acme/a:1", images) is None
    told = refusal("debian:12", images)
    assert told == 'label "image:debian:12" is not allowed; allowed: ubuntu:*, ghcr.io/acme/*'


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("ubuntu:*", "ubuntu:5000/evil/image:latest"),
        ("ubuntu*", "ubuntu.evil.example/x"),
        ("ubuntu*", "ubuntu/evil"),
        ("ghcr.io/acme/*", "ghcr.io/acme/a/b"),
        ("ghcr.io/acme/*", "ghcr.io:5000/acme/a"),
        ("ghcr.io/acme/base:1", "ghcr.io/acme/base:2"),
        ("acme/*", "acme.example/x"),
        ("*", "ghcr.io/acme/a"),
        (f"ubuntu@sha256:{'0' * 64}", f"ubuntu@sha256:{'1' * 64}"),
    ],
)
def test_a_pattern_matches_registry_path_tag_and_digest_each_by_itself(
    pattern: str, base: str
) -> None:
    assert refusal(base, replace(IMAGES, allowed=(pattern,))) is not None


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("ubuntu", "ubuntu:24.04"),
        ("ubuntu:24.*", "ubuntu:24.04"),
        ("ubuntu:*", f"ubuntu:24.04@sha256:{'0' * 64}"),
        ("ghcr.io/acme/*", "ghcr.io/acme/a:1"),
        ("*.dkr.ecr.*.amazonaws.com/base", "1.dkr.ecr.eu-central-1.amazonaws.com/base:1"),
        ("localhost/*", "localhost/base"),
    ],
)
def test_a_part_that_a_pattern_does_not_name_may_be_any(pattern: str, base: str) -> None:
    assert refusal(base, replace(IMAGES, allowed=(pattern,))) is None


def test_without_a_builder_every_label_is_refused_with_that_reason() -> None:
    told = refusal("ubuntu", None)
    assert told == 'label "image:ubuntu" can\'t be served: image builds are not configured'


def test_two_bases_never_share_a_tag() -> None:
    """The predecessor made `a/b:1` and `a-b-1` the same tag."""
    bases = ["a/b:1", "a-b-1", "a-b:1", "a/b-1", "a.b.1", "a_b_1"]
    assert len({image_tag(base, IMAGES) for base in bases}) == len(bases)


def test_a_changed_recipe_builds_anew() -> None:
    changed = replace(IMAGES, revision="recipe-2")
    assert image_tag("ubuntu", IMAGES) != image_tag("ubuntu", changed)


def test_the_tag_says_what_it_was_made_from() -> None:
    assert re.fullmatch(r"ubuntu-24\.04-[0-9a-f]{32}", image_tag("ubuntu:24.04", IMAGES))


@given(
    st.from_regex(
        r"[a-z0-9]{1,9}([._-][a-z0-9]{1,9}){0,9}(:[A-Za-z0-9_][\w.-]{0,127})?", fullmatch=True
    )
)
def test_every_tag_is_valid_and_names_a_stream(base: str) -> None:
    tag = image_tag(base, IMAGES)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", tag)
    assert StreamId.of_image(tag).tag == tag
    assert len(StreamId.of_image(tag)) <= 128
