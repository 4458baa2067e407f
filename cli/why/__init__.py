"""Why a job waits, waited or got no runner: the cause, the events that prove it, the remedy. Pure.

`causes` finds the cause in the streams of the job and its runner. `explanation` adds what only the
slot counter, the image's stream and the rows of other jobs show. `remedies` has what changes it.
"""
