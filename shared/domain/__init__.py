"""The rules of the fleet, all of them pure: no clock, no random, no I/O; `now` is an argument.

One folder for each subject, with its events, its state, its fold and its rules:

job          a workflow job of GitHub: does it get a runner, where is it
runner       a launch and its task: phases, limits, status
pairing      which runner waits for which job, and which job it took
stop         deregister a runner, then stop its task
slot         how many runners there may be at once; the circuit breaker
image        runner images: found, built, deleted
notice       what the operator's subscribers are notified of

What all subjects share:

event        one event: its fact and its envelope
events       every type of event, for the codec and as a namespace
codec        an event as the JSON text that is stored, and back
names        stream ids and runner ids
state, fold  a job's stream folded: the job and the runners that were launched for it
history      a stream as it was read: its events, folded and projected
next_action  the rules of all subjects in their order: what to do now, and by which consumer
actions      what the rules ask for
projection   the rows that people and the Janitor read
policy       what the operator configured
labels, scope, fargate, bounds, backoff, unreadable
"""
