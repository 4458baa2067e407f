"""Calls DynamoDB and SSM, which have JSON APIs, without botocore.

`docs/adr/0025-ingest-without-botocore.md` has the reasons.
"""
