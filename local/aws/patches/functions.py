"""Patch for Lambda: the logging configuration of functions."""

from collections.abc import Callable
from typing import Any

from moto.awslambda.models import LambdaFunction

from local.aws.patches.replacement import around

_GIVEN = "_logging_config"


def remember_logging_config() -> None:
    """Return the logging configuration with which a function was created. Plain moto drops it.

    Without it Terraform would set the configuration again in every apply.
    """
    around(LambdaFunction, "__init__", _take)
    around(LambdaFunction, "update_configuration", _take)
    around(LambdaFunction, "get_configuration", _tell)


def _take(original: Callable[..., Any], function: LambdaFunction, *args: Any, **kwargs: Any) -> Any:
    given = next((one for one in (*args, *kwargs.values()) if isinstance(one, dict)), {})
    if "LoggingConfig" in given:
        vars(function)[_GIVEN] = given["LoggingConfig"]
    return original(function, *args, **kwargs)


def _tell(original: Callable[..., Any], function: LambdaFunction, *args: Any, **kwargs: Any) -> Any:
    configuration = original(function, *args, **kwargs)
    if _GIVEN in vars(function):
        configuration["LoggingConfig"] = vars(function)[_GIVEN]
    return configuration
