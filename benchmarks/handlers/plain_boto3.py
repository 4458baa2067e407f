"""A webhook function with plain boto3: the secret from SSM and one conditional write."""

import hashlib
import hmac
import json
import os
from functools import cache
from typing import Any

import boto3

ssm = boto3.client("ssm")
dynamodb = boto3.client("dynamodb")


@cache
def _secret() -> bytes:
    name = os.environ["WEBHOOK_SECRET_PARAM"]
    found = ssm.get_parameters(Names=[name], WithDecryption=True)
    return found["Parameters"][0]["Value"].encode()


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return 202 for a webhook with a valid signature after its job is written."""
    body = event["body"].encode()
    expected = "sha256=" + hmac.new(_secret(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, event["headers"]["x-hub-signature-256"]):
        return {"statusCode": 401}
    job = json.loads(body)["workflow_job"]
    key = {"stream": {"S": f"plain-{job['id']}"}, "seq": {"N": "1"}}
    item = {**key, "event": {"S": json.dumps(job)}}
    put: Any = {
        "TableName": os.environ["EVENTS_TABLE"],
        "Item": item,
        "ConditionExpression": "attribute_not_exists(seq)",
    }
    dynamodb.transact_write_items(TransactItems=[{"Put": put}])
    return {"statusCode": 202, "body": json.dumps({"job": job["id"]})}
