"""The names of the simulated fleet and of its resources in the simulated AWS."""

from local.description import CONSUMERS, Description

FLEET = Description("fleet")
ACCOUNT = "123456789012"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{FLEET.repository}"
CLUSTER = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/{FLEET.cluster}"
QUEUES = {name: f"https://sqs.test/{FLEET.queue(name)}" for name in CONSUMERS}
"""The queue that each consumer reads."""
UNDELIVERED = f"https://sqs.test/{FLEET.undelivered}"
DEAD_LETTERS = {name: f"https://sqs.test/{FLEET.dead_letters(name)}" for name in CONSUMERS}
WEBHOOK_URL = "https://webhooks.test/webhook"
"""Where GitHub sends webhooks."""
