"""The rules of the fleet, all of them pure: no clock, no random, no I/O; `now` is an argument.

Each subject has one folder with its events, state, fold and rules:

job          a workflow job of GitHub: whether it gets a runner, and its phase
runner       a launch and its task: phases, limits, status
pairing      which runner waits for which job, and which job it took
stop         deregister a runner, then stop its task
slot         the limit of concurrent runners; the circuit breaker
image        runner images: found, built, deleted

All subjects share these modules:

event        one event: its fact and its envelope
events       every type of event, for the codec and as a namespace
codec        encodes an event as the stored JSON text, and decodes it
names        stream ids and runner ids
state, fold  a job's stream folded: the job and the runners that were launched for it
history      one stream that was read: its events, their fold and its rows
next_action  the rules of all subjects in their order, and the consumer that each belongs to
actions      the actions that rules return: decisions and effects
projection   the rows that people and the Janitor read
notices      what the operator's subscribers are notified of: failures
policy       the operator's configuration
labels, scope, fargate, bounds, backoff, unreadable
"""
