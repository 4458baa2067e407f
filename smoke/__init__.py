"""`make smoke`: a tool for operators that checks whether the fleet works in an AWS account.

It creates a temporary fleet from `terraform/examples/minimal`, sends it webhooks, checks each step
from the webhook to the end of the runner, and removes the fleet. `docs/first-deployment.md`
describes it.
"""
