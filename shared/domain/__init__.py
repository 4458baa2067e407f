"""The rules of the fleet, all of them pure: no clock, no random, no I/O; `now` is an argument.

names        stream ids and runner ids
labels       what a job's labels ask for
fargate      which task sizes Fargate has
policy       what the operator decided
events       the facts that the log holds
codec        an event as the JSON text that is stored, and back
state        a job and its runners: two coupled machines, their transitions in tables
evolve       one more fact, the next state
deadlines    when a runner has waited too long
status       the six names that people see
actions      what can be done about a state
next_action  what to do about it now, by whom
projection   the rows that people and the Janitor read
history      a stream as read: its events, folded and projected
"""
