"""Tiny handlers, one for each thing that a function may do to its host."""

import os
import signal
import socket
import sys
import threading


def echo(event, context):
    return {
        "event": event,
        "pid": os.getpid(),
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }


def variables(event, context):
    return dict(os.environ)


def fails(event, context):
    raise KeyError(f"no {event['what']}")


def exits(event, context):
    os._exit(event["code"])


def is_killed(event, context):
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(event, context):
    sys.stdout.write(f"hanging {os.getpid()}\n")
    threading.Event().wait()


def fails_once_then_answers(event, context):
    if event.get("exit"):
        os._exit(3)
    return os.getpid()


def answers_at_length(event, context):
    return "x" * event["length"]


def waits_at_the_gate(event, context):
    """Tell the test who waits, and wait until it answers or hangs up."""
    with socket.create_connection(("127.0.0.1", event["port"])) as gate:
        gate.sendall(f"{os.getpid()}\n".encode())
        gate.recv(1)
    return os.getpid()


def leaves_its_hand_in_the_door(event, context):
    """Return, with a connection to the gate that only the end of the process closes."""
    gate = socket.create_connection(("127.0.0.1", event["port"]))
    gate.sendall(f"{os.getpid()}\n".encode())
    _kept.append(gate)


_kept = []


def refuses_bad_bodies(event, context):
    bad = [one["messageId"] for one in event["Records"] if one["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in bad]}


def answers_http(event, context):
    return {"statusCode": 202, "body": event["body"].upper()}
