"""The checks of the Lambda functions: that they are there, can run, and have their settings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from cli.doctor.context import Context
from cli.doctor.finding import Finding, problem, warning
from cli.doctor.settings import DRIVING, FUNCTIONS, KNOWN, OWN, REQUIRED, DeployedSettings
from shared import settings
from shared.wiring.policy import FleetSettings

_APPLY = "terraform apply"
_ENOUGH = 50
"""Number of concurrent executions below which a burst of webhooks is throttled. `smoke.preflight`
has the same number."""


def deployed(context: Context) -> Iterator[Finding]:
    """Yield functions that are missing or can't be invoked.

    Source: AWS Lambda Developer Guide, "Lambda function states".
    """
    if not context.is_there:
        yield problem(
            context.prefix,
            f"there is no fleet with this prefix in {context.region}",
            "Check AWS_REGION and AWS_PROFILE; --prefix names another fleet.",
        )
        return
    for one in FUNCTIONS:
        found, name = context.configuration(one), context.function_name(one)
        if found is None:
            yield problem(name, "the function does not exist", f"Create it again: {_APPLY}.")
        elif found.get("State") == "Failed":
            yield problem(name, f"is in the state Failed: {_reason(found, 'State')}", _again())
        elif found.get("LastUpdateStatus") == "Failed":
            why = _reason(found, "LastUpdateStatus")
            yield problem(name, f"its last update failed: {why}", _again())


def _reason(configuration: Mapping[str, str], field: str) -> str:
    return configuration.get(f"{field}Reason") or configuration.get(f"{field}ReasonCode", "")


def _again() -> str:
    return f"Repair what the reason names, then {_APPLY}."


def configured(context: Context) -> Iterator[Finding]:
    """Yield settings that are missing or wrong, or differ between functions."""
    for one in FUNCTIONS:
        if context.configuration(one) is None:
            continue
        wrong = _wrong(one, context.environment(one))
        if wrong:
            yield problem(context.function_name(one), wrong, _reapply())
    yield from _differing(context)


def _wrong(function: str, environment: Mapping[str, str]) -> str:
    names = [name for name in REQUIRED.get(function, ()) if not environment.get(name, "").strip()]
    missing = f"{', '.join(names)}: not set" if names else ""
    if function not in DRIVING:
        return missing
    try:
        settings.load(DeployedSettings if function == "janitor" else FleetSettings, environment)
    except settings.SettingsError as error:
        return "; ".join(filter(None, (str(error), missing)))
    return missing


def _differing(context: Context) -> Iterator[Finding]:
    values: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in FUNCTIONS:
        for name, value in context.environment(one).items():
            if name not in OWN:
                values[name][value].append(one)
    for name, by_value in sorted(values.items()):
        if len(by_value) > 1:
            yield problem(name, f"differs between functions: {_values(name, by_value)}", _reapply())


def _values(name: str, by_value: Mapping[str, list[str]]) -> str:
    """Return the functions by value. The value of an unknown variable may be a secret."""
    shown = {value: repr(value) if name in KNOWN else "one value" for value in by_value}
    return ", ".join(f"{shown[value]} in {' and '.join(of)}" for value, of in by_value.items())


def _reapply() -> str:
    return f"Write the environments again: {_APPLY}. It shows who changed them by hand."


def concurrency(context: Context) -> Iterator[Finding]:
    """Yield functions that are switched off, and too few concurrent executions.

    Source: AWS Lambda Developer Guide, "Configuring reserved concurrency for a function": with 0
    the function is not invoked.
    """
    client = context.client("lambda")
    for one in FUNCTIONS:
        if context.configuration(one) is None:
            continue
        name = context.function_name(one)
        found = client.get_function_concurrency(FunctionName=name)
        if found.get("ReservedConcurrentExecutions") == 0:
            yield problem(
                name,
                "is switched off: its reserved concurrency is 0",
                f"aws lambda delete-function-concurrency --function-name {name}",
            )
    limit = client.get_account_settings()["AccountLimit"]
    free, of = limit["UnreservedConcurrentExecutions"], limit["ConcurrentExecutions"]
    if free < _ENOUGH:
        yield warning(
            f"Lambda in {context.region}",
            f"only {free} of {of} concurrent executions are not reserved; bursts are throttled",
            "Request 100 or more of Lambda, Concurrent executions (L-B99A9384), at Service Quotas.",
        )
