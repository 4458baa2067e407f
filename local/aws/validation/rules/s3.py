"""Rules for S3: keys, metadata, conditional writes, bucket names.

Source: Amazon S3 User Guide, "Naming Amazon S3 objects", "Working with object metadata", "General
purpose bucket naming rules"; Amazon S3 API Reference, PutObject.
"""

import re
from collections.abc import Iterable

from local.aws.validation.problems import shown
from local.aws.validation.rules.rule import Known, Params, Rule

_MOST_KEY = 1_024
_MOST_METADATA = 2_048
_BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9]|[-.](?!\.)){1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_WITH_KEY = ("s3.PutObject", "s3.HeadObject", "s3.GetObject", "s3.DeleteObject")


def _keys(params: Params, _known: Known) -> Iterable[str]:
    size = len(params["Key"].encode())
    if size > _MOST_KEY:
        yield f"Key: has {size} bytes as UTF-8; allowed: at most {_MOST_KEY}"


def _conditions(params: Params, _known: Known) -> Iterable[str]:
    condition = params.get("IfNoneMatch")
    if condition not in (None, "*"):
        yield f"IfNoneMatch: is {shown(condition)}; allowed: '*'"


def _metadata(params: Params, _known: Known) -> Iterable[str]:
    metadata = params.get("Metadata") or {}
    for name, value in metadata.items():
        if not f"{name}{value}".isascii():
            yield f"Metadata.{name}: is {shown(value)}; allowed: characters of US-ASCII"
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > _MOST_METADATA:
        yield f"Metadata: has {size} bytes; allowed: at most {_MOST_METADATA}"


def _buckets(params: Params, _known: Known) -> Iterable[str]:
    name = params["Bucket"]
    if not _BUCKET.fullmatch(name) or _ADDRESS.fullmatch(name) or name.endswith(_SUFFIXES):
        allowed = "3 to 63 small letters, digits, dots and hyphens, as the naming rules say"
        yield f"Bucket: is {shown(name)}; allowed: {allowed}"


RULES = (
    Rule(
        name="s3 key length",
        operations=_WITH_KEY,
        check=_keys,
        source='Amazon S3 User Guide, "Naming Amazon S3 objects" (1,024 bytes)',
        code="KeyTooLongError",
    ),
    Rule(
        name="s3 condition of a write",
        operations=("s3.PutObject",),
        check=_conditions,
        source="Amazon S3 API Reference, PutObject, If-None-Match",
        code="NotImplemented",
    ),
    Rule(
        name="s3 metadata",
        operations=("s3.PutObject",),
        check=_metadata,
        source='Amazon S3 User Guide, "Working with object metadata", "User-defined metadata"',
        code="MetadataTooLarge",
    ),
    Rule(
        name="s3 bucket name",
        operations=("s3.CreateBucket",),
        check=_buckets,
        source='Amazon S3 User Guide, "General purpose bucket naming rules"',
        code="InvalidBucketName",
    ),
)
