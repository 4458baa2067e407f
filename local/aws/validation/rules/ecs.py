"""Rules for ECS: task definitions, tags, environment files, Fargate sizes.

Source: Amazon ECS API Reference, RegisterTaskDefinition and its types, as botocore's model of ECS
quotes it; Amazon ECS Developer Guide, "Task CPU and memory" for Fargate.
"""

import re
from collections.abc import Iterable, Iterator

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Known, Params, Rule

_MOST_FILES = 10
_FILE = re.compile(r"arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}/.+\.env")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MOST_IMAGE = 255
_GIB = 1024
_UNITS = {"": 1, "vcpu": 1024, "gb": _GIB}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(vcpu|gb)?", re.IGNORECASE)

SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
    32768: (60 * _GIB, 120 * _GIB, 244 * _GIB),
}
"""Memory in MiB by CPU units. This is a separate copy, because a check of `shared.domain.fargate`
must not use the same table. Source: Amazon ECS Developer Guide, "Task CPU and memory"."""


def _tags(params: Params, _known: Known) -> Iterable[str]:
    seen = set()
    for number, tag in enumerate(params.get("tags", ())):
        key, value = tag.get("key"), tag.get("value", "")
        if key is None:
            yield f"tags[{number}].key: is missing; it is required"
            continue
        if key in seen:
            yield f"tags[{number}].key: is {shown(key)} again; allowed: each key once"
        seen.add(key)
        for name, text in (("key", key), ("value", value)):
            if text.lower().startswith("aws:"):
                yield f"tags[{number}].{name}: is {shown(text)}; allowed: no prefix aws:"


def _containers(params: Params) -> Iterator[tuple[str, Params]]:
    for number, one in enumerate(params.get("containerDefinitions", ())):
        yield f"containerDefinitions[{number}]", one
    for number, one in enumerate(params.get("overrides", {}).get("containerOverrides", ())):
        yield f"overrides.containerOverrides[{number}]", one


def _environment_files(params: Params, _known: Known) -> Iterable[str]:
    for path, container in _containers(params):
        files = container.get("environmentFiles", ())
        if len(files) > _MOST_FILES:
            yield f"{path}.environmentFiles: has {len(files)} files; allowed: {_MOST_FILES}"
        for number, file in enumerate(files):
            if not _FILE.fullmatch(file["value"]):
                allowed = "the ARN of an object in S3 whose key ends in .env"
                at = f"{path}.environmentFiles[{number}].value"
                yield f"{at}: is {shown(file['value'])}; allowed: {allowed}"


def _names(params: Params, _known: Known) -> Iterable[str]:
    allowed = "1 to 255 letters, digits, hyphens and underscores"
    if not _NAME.fullmatch(params["family"]):
        yield f"family: is {shown(params['family'])}; allowed: {allowed}"
    for path, container in _containers(params):
        if not _NAME.fullmatch(container.get("name", "")):
            yield f"{path}.name: is {shown(container.get('name'))}; allowed: {allowed}"
        image = container.get("image", "").partition("@")[0]
        if len(image) > _MOST_IMAGE:
            text = f"has {len(image)} characters; allowed: at most {_MOST_IMAGE} before the digest"
            yield f"{path}.image: {text}"


def _size(text: str) -> int | None:
    found = _SIZE.fullmatch(text.strip())
    return round(float(found[1]) * _UNITS[(found[2] or "").lower()]) if found else None


def _fargate(params: Params, _known: Known) -> Iterable[str]:
    """Check the size in a task definition for Fargate, or in the overrides of a task on Fargate."""
    asked, path = params, ""
    if "overrides" in params:
        asked, path = params["overrides"], "overrides."
        providers = params.get("capacityProviderStrategy", ())
        names = [params.get("launchType"), *(one["capacityProvider"] for one in providers)]
        is_fargate = any(str(one).startswith("FARGATE") for one in names)
    else:
        is_fargate = "FARGATE" in params.get("requiresCompatibilities", ())
    if not is_fargate or ("overrides" in params and not {"cpu", "memory"} <= asked.keys()):
        return
    for name in ("cpu", "memory"):
        if name not in asked:
            yield f"{path}{name}: is missing; Fargate requires it"
            return
    cpu, memory = _size(asked["cpu"]), _size(asked["memory"])
    if cpu not in SIZES:
        yield f"{path}cpu: is {shown(asked['cpu'])}; allowed: {', '.join(map(str, SIZES))}"
    elif memory not in SIZES[cpu]:
        allowed = ", ".join(map(str, SIZES[cpu]))
        yield f"{path}memory: is {shown(asked['memory'])} with cpu {cpu}; allowed: {allowed} MiB"


_API = "Amazon ECS API Reference"
_BOTH = ("ecs.RunTask", "ecs.RegisterTaskDefinition")

RULES = (
    Rule(
        name="ecs tags",
        operations=(*_BOTH, "ecs.CreateCluster", "ecs.TagResource"),
        check=_tags,
        source=f"{_API}, RunTask, tags",
    ),
    Rule(
        name="ecs environment files",
        operations=_BOTH,
        check=_environment_files,
        source=f"{_API}, EnvironmentFile, and EnvironmentFile, value",
    ),
    Rule(
        name="ecs names in a definition",
        operations=("ecs.RegisterTaskDefinition",),
        check=_names,
        source=f"{_API}, RegisterTaskDefinition, family; ContainerDefinition, name and image",
        code="ClientException",
    ),
    Rule(
        name="ecs Fargate size",
        operations=_BOTH,
        check=_fargate,
        source='Amazon ECS Developer Guide, "Task CPU and memory" for Fargate',
    ),
)
