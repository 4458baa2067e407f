"""`make smoke`: whether the fleet works in an AWS account, link by link. A tool for operators.

It makes a fleet of its own from `terraform/examples/minimal`, sends it webhooks, watches each link
of the chain, and removes what it made. `docs/first-deployment.md` describes it.
"""
