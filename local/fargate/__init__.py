"""The Fargate emulator: tasks with the statuses and events of ECS, each run as a process."""
