"""Fargate on this machine: tasks that live as ECS's do, each a process with a container's view."""
