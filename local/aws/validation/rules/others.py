"""Rules for ECR image tags, SSM parameters, CloudWatch metrics and Lambda event filters."""

import json
import re
from collections.abc import Iterable

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Known, Params, Rule

_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_PARAMETER = re.compile(r"[a-zA-Z0-9_./-]{1,1011}")
_RESERVED = re.compile(r"/?(aws|ssm)", re.IGNORECASE)
_MOST_LEVELS = 15
_MOST_VALUE = {"Standard": 4_096, "Advanced": 8_192, "Intelligent-Tiering": 8_192}
_MOST_METRICS = 1_000
_MOST_QUERIES = 500


def _image_tags(params: Params, _known: Known) -> Iterable[str]:
    named = {"imageTag": params.get("imageTag")}
    for number, one in enumerate(params.get("imageIds", ())):
        named[f"imageIds[{number}].imageTag"] = one.get("imageTag")
    for path, tag in named.items():
        if tag is not None and not _TAG.fullmatch(tag):
            yield f"{path}: is {shown(tag)}; allowed: what matches {_TAG.pattern}"


def _parameter_name(params: Params, _known: Known) -> Iterable[str]:
    name = params["Name"]
    levels = name.strip("/").count("/") + 1
    if not _PARAMETER.fullmatch(name):
        yield f"Name: is {shown(name)}; allowed: up to 1,011 of a-z, A-Z, 0-9 and _ . - /"
    if _RESERVED.match(name):
        yield f"Name: is {shown(name)}; allowed: no prefix aws or ssm"
    if levels > _MOST_LEVELS:
        yield f"Name: has {levels} levels; allowed: at most {_MOST_LEVELS}"
    if "/" in name and not name.startswith("/"):
        yield f"Name: is {shown(name)}; allowed: a name with levels begins with /"


def _parameter_value(params: Params, _known: Known) -> Iterable[str]:
    most = _MOST_VALUE[params.get("Tier", "Standard")]
    size = len(params["Value"].encode())
    if not 1 <= size <= most:
        yield f"Value: has {size} bytes; allowed: 1 to {most}"
    if "{{" in params["Value"]:
        yield "Value: has double braces; allowed: no reference to another parameter"


def _asked_names(params: Params, _known: Known) -> Iterable[str]:
    names = params.get("Names", [params.get("Name")])
    for number, name in enumerate(names):
        if " " in str(name).strip():
            yield f"Names[{number}]: is {shown(name)}; allowed: no space"


def _metrics(params: Params, _known: Known) -> Iterable[str]:
    count = len(params.get("MetricData", ()))
    if count > _MOST_METRICS:
        yield f"MetricData: has {count} metrics; allowed: at most {_MOST_METRICS}"


def _queries(params: Params, _known: Known) -> Iterable[str]:
    count = len(params["MetricDataQueries"])
    if count > _MOST_QUERIES:
        yield f"MetricDataQueries: has {count} queries; allowed: at most {_MOST_QUERIES}"


def _stream_filters(params: Params, _known: Known) -> Iterable[str]:
    if ":dynamodb:" not in params.get("EventSourceArn", ""):
        return
    for number, one in enumerate(params.get("FilterCriteria", {}).get("Filters", ())):
        for key in json.loads(one["Pattern"]).keys() - {"dynamodb"}:
            path = f"FilterCriteria.Filters[{number}].Pattern"
            yield f"{path}: filters on {shown(key)}; allowed for a DynamoDB stream: dynamodb"


_SSM = "AWS Systems Manager API Reference"
_CLOUDWATCH = "Amazon CloudWatch API Reference"

RULES = (
    Rule(
        name="ecr image tag",
        operations=(
            "ecr.PutImage",
            "ecr.DescribeImages",
            "ecr.BatchGetImage",
            "ecr.BatchDeleteImage",
        ),
        check=_image_tags,
        source='OCI Distribution Specification, "Pulling manifests": the grammar of a tag, which '
        "docker push keeps to",
    ),
    Rule(
        name="ssm parameter name",
        operations=("ssm.PutParameter",),
        check=_parameter_name,
        source=f"{_SSM}, PutParameter, Name",
    ),
    Rule(
        name="ssm parameter value",
        operations=("ssm.PutParameter",),
        check=_parameter_value,
        source=f"{_SSM}, PutParameter, Value",
    ),
    Rule(
        name="ssm names without spaces",
        operations=("ssm.GetParameters", "ssm.GetParameter"),
        check=_asked_names,
        source=f"{_SSM}, GetParameters",
    ),
    Rule(
        name="cloudwatch metrics a call",
        operations=("cloudwatch.PutMetricData",),
        check=_metrics,
        source=f"{_CLOUDWATCH}, PutMetricData, MetricData",
    ),
    Rule(
        name="cloudwatch queries a call",
        operations=("cloudwatch.GetMetricData",),
        check=_queries,
        source=f"{_CLOUDWATCH}, GetMetricData, MetricDataQueries",
    ),
    Rule(
        name="lambda filter of a stream",
        operations=("lambda.CreateEventSourceMapping",),
        check=_stream_filters,
        source='AWS Lambda Developer Guide, "Using event filtering with a DynamoDB event source"',
    ),
)
