"""Violations of other services' rules: by rule, operations and parameters. No test is here."""

from tests.judges.requests_support import (
    Params,
    event,
)

_KIB = 1024


STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/fleet-events/stream/2026-01-01T00:00:00.000"


def of_others() -> dict[tuple[str, str], list[tuple[str, Params]]]:
    """See the module."""
    stored = {"Bucket": "configs", "Key": "a.env", "Body": b"", "Metadata": {}}
    variables = [{"name": "CODEBUILD_X", "value": "1"}]
    parameter = {"Name": "/fleet/token", "Value": "x", "Type": "String"}
    metric = {"MetricName": "a", "Value": 1.0}
    stat = {"Metric": {"MetricName": "a"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": f"m{number}", "MetricStat": stat} for number in range(501)]
    image = {"registryId": "123456789012", "repositoryName": "runner"}
    return {
        ("codebuild", "codebuild reserved variables"): [
            (
                "StartBuild",
                {
                    "projectName": "image",
                    "idempotencyToken": "1",
                    "environmentVariablesOverride": variables,
                },
            )
        ],
        ("s3", "s3 key length"): [
            ("PutObject", {**stored, "Key": "x" * 1_025}),
            ("HeadObject", {"Bucket": "configs", "Key": "ä" * 513}),
        ],
        ("s3", "s3 condition of a write"): [("PutObject", {**stored, "IfNoneMatch": '"etag"'})],
        ("s3", "s3 metadata"): [("PutObject", {**stored, "Metadata": {"a": "x" * 2_048}})],
        ("s3", "s3 bucket name"): [("CreateBucket", {"Bucket": "xn--configs"})],
        ("ecr", "ecr image tag"): [
            ("DescribeImages", {**image, "imageIds": [{"imageTag": "a/b"}]}),
            (
                "PutImage",
                {"repositoryName": "runner", "imageManifest": "{}", "imageTag": "x" * 129},
            ),
        ],
        ("events", "events complete entries"): [("PutEvents", event(Detail=None))],
        ("events", "events detail is an object"): [
            ("PutEvents", event(Detail="[]")),
            ("PutEvents", event(Detail="{")),
        ],
        ("events", "events detail type"): [("PutEvents", event(DetailType="x" * 129))],
        ("events", "events source"): [("PutEvents", event(Source="aws.ecs"))],
        ("events", "events size of entries"): [
            ("PutEvents", event(Detail=f'{{"a": "{"x" * _KIB * _KIB}"}}')),
        ],
        ("ssm", "ssm parameter name"): [
            ("PutParameter", {**parameter, "Name": "/a b"}),
            ("PutParameter", {**parameter, "Name": "/aws/token"}),
            ("PutParameter", {**parameter, "Name": "fleet/token"}),
            ("PutParameter", {**parameter, "Name": "/a" * 16}),
        ],
        ("ssm", "ssm parameter value"): [("PutParameter", {**parameter, "Value": "x" * 4_097})],
        ("ssm", "ssm names without spaces"): [("GetParameters", {"Names": ["/fleet/a b"]})],
        ("cloudwatch", "cloudwatch metrics a call"): [
            ("PutMetricData", {"Namespace": "fleet", "MetricData": [metric] * 1_001}),
        ],
        ("cloudwatch", "cloudwatch queries a call"): [
            ("GetMetricData", {"MetricDataQueries": queries, "StartTime": 0, "EndTime": 60}),
        ],
        ("lambda", "lambda filter of a stream"): [
            (
                "CreateEventSourceMapping",
                {
                    "FunctionName": "fleet-outbox",
                    "EventSourceArn": STREAM,
                    "FilterCriteria": {"Filters": [{"Pattern": '{"eventName": ["INSERT"]}'}]},
                },
            ),
        ],
    }
