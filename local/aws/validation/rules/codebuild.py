"""Rules for CodeBuild: environment variables of builds, idempotency tokens.

The API Reference does not document the length and the alphabet of a token, so no rule checks them.
Source: AWS CodeBuild API Reference and User Guide.
"""

from collections.abc import Iterable

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Kept, Known, Params, Rule

_RESERVED = "CODEBUILD_"


def _variables(params: Params) -> tuple[str, Iterable[Params]]:
    if "environmentVariablesOverride" in params:
        return "environmentVariablesOverride", params["environmentVariablesOverride"]
    environment = params.get("environment", {})
    return "environment.environmentVariables", environment.get("environmentVariables", ())


def _names(params: Params, _known: Known) -> Iterable[str]:
    path, variables = _variables(params)
    for number, one in enumerate(variables):
        if one["name"].startswith(_RESERVED):
            yield f"{path}[{number}].name: is {shown(one['name'])}; allowed: no prefix {_RESERVED}"


_WRITES = ("codebuild.StartBuild", "codebuild.CreateProject", "codebuild.UpdateProject")

RULES = (
    Rule(
        name="codebuild reserved variables",
        operations=_WRITES,
        check=_names,
        source='AWS CodeBuild User Guide, "Build specification reference", env/variables',
    ),
)

KEPT = (
    Kept(
        name="codebuild idempotency token reuse",
        operations=("codebuild.StartBuild",),
        source="AWS CodeBuild API Reference, StartBuild, idempotencyToken (5 minutes)",
        code="InvalidInputException",
    ),
)
