"""The rules for jobs, by whose turn they are; `next_action` has them in order."""
