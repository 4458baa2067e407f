"""The command `python -m benchmarks.cold_start`: compares what webhooks cost ingest with others.

Each round starts each candidate twice, in a new process with AWS's runtime client, and sends it one
signed webhook, then `--webhooks` more. moto serves DynamoDB and SSM over HTTP. CPU time is that of
the process from its start to its end, so other load on the machine has little effect: cold after
the first response, warm what each further webhook adds. Wall time ends with the first response.
Reading the root certificates, which HTTP does not need, is measured separately; ingest and plain
boto3 open two connections each.
"""

import hashlib
import hmac
import json
import platform
import resource
import shutil
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import certifi
import click

from benchmarks.figures import Figure, document
from local.aws.server import MotoServer
from local.clients import Clients
from local.description import Description
from local.fleet import CLASS_SIZES
from local.functions import Endpoints, functions
from local.lambdas.client import linked
from local.lambdas.environment import Environment
from local.lambdas.function import Function
from local.resources import create
from local.zips import unpacked

_ZIPS = Path(__file__).resolve().parents[1] / "build" / "local"
_HANDLERS = Path(__file__).parent / "handlers"
_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
_SECRET = "the secret of the benchmark"  # noqa: S105 - moto's
_LEAST, _PLAIN = "standard library", "plain boto3"
_ACCEPTED = 202
_ROOTS_ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Times in milliseconds: of a cold start, and of a further webhook."""

    cpu: float
    wall: float
    warm: float


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True)
@click.option(
    "--webhooks",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Webhooks after the first one of a function.",
)
@click.option("--zips", type=click.Path(path_type=Path, file_okay=False), default=_ZIPS)
@click.option("--json", "as_json", is_flag=True, help="print one document")
def main(rounds: int, webhooks: int, zips: Path, *, as_json: bool) -> None:
    """Run the benchmark and print medians and ratios."""
    with tempfile.TemporaryDirectory() as directory, _candidates(Path(directory), zips) as all_of:
        costs: dict[str, list[Cost]] = {name: [] for name in all_of}
        for number in range(rounds + 1):
            for name, function in all_of.items():
                cost = _measured(function, Path(directory), number, webhooks)
                if number:  # the first round only fills the machine's file cache
                    costs[name].append(cost)
        if as_json:
            click.echo(document(list(_figures(costs))))
            return
        _tell(costs)
        _tell_roots(Path(directory) / "unpacked" / "opt" / "certificates" / "aws.pem")


def _figures(costs: Mapping[str, Sequence[Cost]]) -> Iterator[Figure]:
    """Yield the CPU times of all candidates. Their floor is a function without any library."""
    for what in ("cold", "warm"):
        for name, measured in costs.items():
            middle = _middle(measured)
            value = middle.cpu if what == "cold" else middle.warm
            floor = f"{_LEAST}, {what}"
            yield Figure(name=f"{name}, {what}", value=value, unit="ms CPU", floor=floor)


@contextmanager
def _candidates(directory: Path, zips: Path) -> Iterator[Mapping[str, Function]]:
    """Yield the functions to compare by name, with a running AWS emulator."""
    parameters = {
        "class-sizes": json.dumps(CLASS_SIZES),
        "github-token": "none",
        "webhook-secret": _SECRET,
    }
    with MotoServer() as aws:
        clients = Clients(aws.url)
        resources = create(Description("bench"), clients.make, parameters)
        endpoints = Endpoints(aws=aws.url, github="http://127.0.0.1:1", scope="octo")
        paths = unpacked(zips, ["ingest"], directory / "unpacked")
        ingest = next(one for one in functions(resources, endpoints, paths) if one.name == "ingest")
        bare = _without_bytecode(directory, paths["ingest"])
        yield {
            _LEAST: replace(
                ingest,
                name="standard_library",
                handler="standard_library.handler",
                path=[_HANDLERS],
                environment={"BENCH_SECRET": _SECRET},
            ),
            "ingest": ingest,
            "ingest, no bytecode": replace(
                ingest,
                name="ingest_bare",
                path=bare,
                environment={**ingest.environment, "PYTHONDONTWRITEBYTECODE": "1"},
            ),
            _PLAIN: replace(
                ingest,
                name="plain_boto3",
                handler="plain_boto3.handler",
                path=[_HANDLERS, linked(directory / "boto3", _BOTO3)],
            ),
        }
        clients.close()


def _without_bytecode(directory: Path, paths: Sequence[Path]) -> list[Path]:
    copies = [directory / "bare" / str(number) for number, _ in enumerate(paths)]
    for path, copy in zip(paths, copies, strict=True):
        shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copies


def _measured(function: Function, directory: Path, number: int, webhooks: int) -> Cost:
    """Measure a cold start and the webhooks after another one."""
    first = 1 + number * (webhooks + 2)
    cpu, wall = _started(function, directory, [first])
    more, _ = _started(function, directory, range(first + 1, first + webhooks + 2))
    return Cost(cpu=cpu, wall=wall, warm=(more - cpu) / webhooks)


def _started(function: Function, directory: Path, jobs: Sequence[int]) -> tuple[float, float]:
    """Send a webhook of each job to a new environment. Each response must be correct.

    Returns:
        Its CPU time, and the wall time until its first response, in milliseconds.
    """
    used, began, ends = _children_cpu(), time.perf_counter(), []
    environment = Environment(function, directory / f"{function.name}.log")
    for job in jobs:
        event = json.dumps(_webhook(job)).encode()
        result = environment.invoke(f"{function.name}-{job}", event)
        ends.append(time.perf_counter())
        if result.error is not None or result.payload["statusCode"] != _ACCEPTED:
            environment.kill()
            raise click.ClickException(f"{function.name} did not take the webhook: {result}")
    environment.kill()
    return 1000 * (_children_cpu() - used), 1000 * (ends[0] - began)


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _webhook(job_id: int) -> dict[str, Any]:
    """Return a signed webhook as an event of the HTTP API."""
    payload = {
        "action": "queued",
        "workflow_job": {"id": job_id, "labels": ["self-hosted"], "run_id": 1, "name": "bench"},
        "repository": {"full_name": "octo/repo", "private": True},
    }
    body = json.dumps(payload)
    signature = hmac.new(_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {
        "version": "2.0",
        "routeKey": "POST /webhook",
        "rawPath": "/webhook",
        "headers": {
            "content-type": "application/json",
            "x-github-event": "workflow_job",
            "x-github-delivery": f"bench-{job_id}",
            "x-hub-signature-256": f"sha256={signature}",
        },
        "requestContext": {"http": {"method": "POST", "path": "/webhook"}, "requestId": "r"},
        "body": body,
        "isBase64Encoded": False,
    }


def _tell(costs: Mapping[str, Sequence[Cost]]) -> None:
    rounds = len(costs[_PLAIN])
    click.echo(f"What a webhook costs a function, medians of {rounds} rounds, in turn.")
    click.echo(f"Python {platform.python_version()}, {platform.machine()}\n")
    click.echo(
        f"{'':<20}{'cold: CPU ms':>13}{'(least-most)':>14}{'wall ms':>9}{'warm: CPU ms':>14}"
        f"{'CPU/' + _PLAIN:>17}"
    )
    plain = _middle(costs[_PLAIN])
    for name, measured in costs.items():
        cpu, middle = sorted(one.cpu for one in measured), _middle(measured)
        span = f"({cpu[0]:.0f}-{cpu[-1]:.0f})"
        ratios = f"{middle.cpu / plain.cpu:.2f} {middle.warm / plain.warm:.2f}"
        click.echo(
            f"{name:<20}{middle.cpu:>13.0f}{span:>14}{middle.wall:>9.0f}{middle.warm:>14.2f}"
            f"{ratios:>17}"
        )


def _middle(measured: Sequence[Cost]) -> Cost:
    """Return the medians."""
    return Cost(
        cpu=statistics.median(one.cpu for one in measured),
        wall=statistics.median(one.wall for one in measured),
        warm=statistics.median(one.warm for one in measured),
    )


def _tell_roots(short: Path) -> None:
    lists = {"all roots of certifi": Path(certifi.where()), "the layer's": short}
    click.echo("\nA list of roots, read for each new TLS connection:")
    for name, file in lists.items():
        context = ssl.create_default_context(cafile=str(file))
        spent = _cpu_ms(partial(ssl.create_default_context, cafile=str(file)))
        click.echo(f"{name:<22}{spent:>8.1f} ms of CPU, {len(context.get_ca_certs())} roots")


def _cpu_ms(do: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(_ROOTS_ROUNDS):
        do()
    return 1000 * (time.process_time() - began) / _ROOTS_ROUNDS


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.cold_start")
