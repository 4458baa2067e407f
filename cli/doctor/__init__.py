"""`ecsrunner doctor`: checks a deployed fleet and returns what is wrong, each with its remedy.

`catalogue` has the table of all checks, `checks/` their code by subject. No check changes anything:
they read AWS and GitHub. `cli.render.doctor` renders the findings.
"""
