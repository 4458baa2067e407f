"""The documents of --json: a Struct for each command that is not printed as it is computed.

`cli.documents.catalogue` lists the document of every command, and `cli.documents.fields` what the
fields mean that several documents have. `docs/json.md` and `docs/schemas` are made from them.
"""
