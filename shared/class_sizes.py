"""Parses the runner classes that the operator defines as JSON in an SSM parameter.

For example {"small": {"cpu": 512, "memory": 1024}, "large": {"cpu": 4096, "memory": 8192}}. It is
parsed with pydantic for its readable error messages.
"""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    ValidationError,
    model_validator,
)

from shared.domain.fargate import size_error
from shared.domain.policy import ClassSize

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ClassName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Provider = Literal["FARGATE", "FARGATE_SPOT"]


class ClassSizesError(ValueError):
    """The definition of the classes is not valid. The message names where, and what is allowed."""


class _Size(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu: int
    memory: int
    capacity: Annotated[tuple[Provider, ...], Field(min_length=1)] = ("FARGATE",)

    @model_validator(mode="after")
    def _fits_fargate(self) -> Self:
        reason = size_error(self.cpu, self.memory)
        if reason:
            raise ValueError(reason)
        return self


class _Classes(RootModel[Annotated[dict[ClassName, _Size], Field(min_length=1)]]):
    pass


def parse(text: str) -> dict[str, ClassSize]:
    """Return the classes by name.

    Raises:
        ClassSizesError: the text is not JSON, not of this form, or has a size that Fargate lacks.
    """
    try:
        classes = _Classes.model_validate_json(text).root
    except ValidationError as error:
        raise ClassSizesError(f"class sizes: {'; '.join(map(_message, error.errors()))}") from error
    return {
        name: ClassSize(cpu=size.cpu, memory=size.memory, capacity=size.capacity)
        for name, size in classes.items()
    }


def _message(details: "ErrorDetails") -> str:
    """Return the message of one of pydantic's errors, with the path of the field."""
    where = ".".join(str(part) for part in details["loc"] if part != "[key]")
    message = details["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
