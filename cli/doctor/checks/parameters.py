"""The checks of the SSM parameters. No finding contains a value of a secret."""

import unicodedata
from collections.abc import Iterator, Mapping

from cli.doctor.context import Context
from cli.doctor.finding import Finding, problem
from cli.doctor.secrets import readable, secret_names
from shared import class_sizes
from shared.class_sizes import ClassSizesError
from shared.domain.policy import ClassSize

_VERSIONS = {
    "github-token": "github_pat_version",
    "github-app-key": "github_app_private_key_version",
    "webhook-secret": "webhook_secret_version",
}


def secrets(context: Context) -> Iterator[Finding]:
    """Yield secrets that are missing, empty or can't be right.

    Source: AWS Systems Manager API Reference, GetParameters (InvalidParameters).
    """
    values = readable(context)
    for name in secret_names(context):
        value = values.get(name)
        if value is None:
            yield problem(name, "the parameter does not exist", _write(name))
        elif not value.strip():
            yield problem(name, "the parameter is empty", _write(name))
        elif "webhook" in _variable(context, name) and _has_control(value):
            yield problem(
                name,
                "the secret holds a control character, such as a line break at its end: no "
                "signature matches it",
                _write(name),
            )


def _variable(context: Context, name: str) -> str:
    """Return the variables of ingest that name the parameter, in lower case."""
    found = (key for key, value in context.environment("ingest").items() if value == name)
    return " ".join(found).lower()


def _has_control(value: str) -> bool:
    return any(unicodedata.category(one) == "Cc" for one in value)


def _write(name: str) -> str:
    version = _VERSIONS.get(name.rpartition("/")[2])
    if version:
        return f"Write it again: raise {version}, terraform apply."
    return f"aws ssm put-parameter --overwrite --type SecureString --name {name} --value …"


def classes(context: Context) -> Iterator[Finding]:
    """Yield class sizes that are missing or not valid, and a default class that is none of them."""
    mine = context.settings
    name = mine.class_sizes_param
    text = _class_sizes(context)
    if text is None:
        yield problem(name, "the parameter does not exist", "Create it again: terraform apply.")
        return
    try:
        sizes = class_sizes.parse(text)
    except ClassSizesError as error:
        yield problem(name, str(error), "Set runner_class_sizes, terraform apply.")
        return
    if mine.default_class not in sizes:
        yield problem(
            name,
            f"has no class {mine.default_class}, which is default_runner_class: jobs without a "
            "label class:… are refused",
            f"Set default_runner_class to one of {', '.join(sizes)}.",
        )


def valid_classes(context: Context) -> Mapping[str, ClassSize]:
    """Return the classes; none if they are missing or not valid, which `classes` reports."""
    text = _class_sizes(context)
    try:
        return class_sizes.parse(text) if text else {}
    except ClassSizesError:
        return {}


def _class_sizes(context: Context) -> str | None:
    """Return the value of the parameter, or None if it does not exist."""
    return context.once("class sizes", lambda: _read(context, context.settings.class_sizes_param))


def _read(context: Context, name: str) -> str | None:
    found = context.client("ssm").get_parameters(Names=[name])["Parameters"]
    return str(found[0]["Value"]) if found else None
