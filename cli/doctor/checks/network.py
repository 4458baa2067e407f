"""The checks of the runners' subnets and security groups.

Source: Amazon EC2 API Reference, Subnet, RouteTable, Route, NatGateway, SecurityGroup.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem, warning

_ANYWHERE = "0.0.0.0/0"
_HTTPS = 443
_FEW = 8
"""Number of free addresses below which a subnet is nearly full. Each runner needs one."""
_PUBLIC = "assign_public_ip"


def subnets(context: Context) -> Iterator[Finding]:
    """Yield subnets that are missing, nearly full, or without a route to GitHub and ECR."""
    ids = list(context.settings.subnet_ids)
    found = _described(context, "describe_subnets", "Subnets", "SubnetIds", ids)
    by_id = {one["SubnetId"]: one for one in found}
    for one in ids:
        if one not in by_id:
            yield problem(one, "the subnet does not exist", "Set subnet_ids to subnets of the VPC.")
    if not found:
        return
    tables = _tables(context, {one["VpcId"] for one in found})
    for one in found:
        yield from _room(one)
        yield from _route(context, one["SubnetId"], _table_of(one, tables))


def _described(
    context: Context, operation: str, items: str, name: str, ids: Sequence[str]
) -> list[Any]:
    """Return those of the ids that exist. EC2 refuses a request with one that does not."""
    try:
        return context.pages("ec2", operation, items, **{name: list(ids)})
    except ClientError as error:
        if not is_missing(error):
            raise
    if len(ids) == 1:
        return []
    return [one for each in ids for one in _described(context, operation, items, name, [each])]


def _tables(context: Context, vpcs: Iterable[str]) -> list[Any]:
    of_vpcs = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
    return context.pages("ec2", "describe_route_tables", "RouteTables", Filters=of_vpcs)


def _table_of(subnet: Mapping[str, Any], tables: Sequence[Any]) -> Mapping[str, Any]:
    """Return the route table of the subnet, else the main one of its VPC.

    Source: Amazon VPC User Guide, "Subnet route tables".
    """
    mine = [one for one in tables if one["VpcId"] == subnet["VpcId"]]
    for one in mine:
        if any(a.get("SubnetId") == subnet["SubnetId"] for a in one.get("Associations", [])):
            return dict(one)
    main = (one for one in mine if any(a.get("Main") for a in one.get("Associations", [])))
    return next(main, {})


def _room(subnet: Mapping[str, Any]) -> Iterator[Finding]:
    name, free = subnet["SubnetId"], subnet["AvailableIpAddressCount"]
    if free < _FEW:
        yield warning(
            name,
            f"only {free} addresses are free, one for each runner",
            "Add a larger subnet to subnet_ids.",
        )


def _route(context: Context, subnet: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    routes = table.get("Routes", [])
    out = next((one for one in routes if one.get("DestinationCidrBlock") == _ANYWHERE), None)
    if out is None:
        yield problem(
            subnet,
            "has no route out: its runners can't reach GitHub, and may not pull their image",
            f"Add a route {_ANYWHERE} to a NAT gateway, or to an internet gateway with {_PUBLIC}.",
        )
    elif out.get("State") == "blackhole":
        yield problem(
            subnet,
            f"its route out leads to {_target(out)}, which does not exist",
            f"Replace the route {_ANYWHERE} in {table.get('RouteTableId')}.",
        )
    elif out.get("GatewayId", "").startswith("igw-") and not context.settings.assign_public_ip:
        yield problem(
            subnet,
            "its route out is an internet gateway, but runners get no public address",
            f"Set {_PUBLIC} = true, or use subnets with a NAT gateway.",
        )
    elif "NatGatewayId" in out:
        yield from _nat(context, subnet, out["NatGatewayId"])


def _target(route: Mapping[str, Any]) -> str:
    named = (value for key, value in route.items() if key.endswith("Id"))
    return str(next(named, "a resource"))


def _nat(context: Context, subnet: str, gateway: str) -> Iterator[Finding]:
    found = _described(context, "describe_nat_gateways", "NatGateways", "NatGatewayIds", [gateway])
    state = found[0]["State"] if found else "deleted"
    if state not in ("available", "pending"):
        yield problem(
            subnet,
            f"its route out leads to {gateway}, which is {state}",
            "Create another NAT gateway, and replace the route.",
        )
    if context.settings.assign_public_ip:
        yield warning(
            subnet,
            "runners get a public address, which a subnet behind a NAT gateway does not use",
            f"Set {_PUBLIC} = false.",
        )


def security_groups(context: Context) -> Iterator[Finding]:
    """Yield security groups that are missing, and that no group allows HTTPS to the outside."""
    ids = list(context.settings.security_group_ids)
    found = _described(context, "describe_security_groups", "SecurityGroups", "GroupIds", ids)
    known = {one["GroupId"] for one in found}
    for one in ids:
        if one not in known:
            yield problem(
                one, "the security group does not exist", "Set security_groups to one of the VPC."
            )
    if found and not any(_is_open(rule) for one in found for rule in one["IpPermissionsEgress"]):
        yield problem(
            ", ".join(sorted(known)),
            f"no rule lets runners reach port {_HTTPS} outside: GitHub and ECR are out of reach",
            f"Allow outbound TCP {_HTTPS} to {_ANYWHERE}.",
        )


def _is_open(rule: Mapping[str, Any]) -> bool:
    """Return whether an egress rule allows HTTPS.

    A range or a prefix list counts, since it may be GitHub's or that of a proxy.
    """
    everything = rule["IpProtocol"] == "-1"
    ports = range(rule.get("FromPort", 0), rule.get("ToPort", 0) + 1)
    to = rule.get("IpRanges") or rule.get("PrefixListIds") or rule.get("UserIdGroupPairs")
    return bool(to) and (everything or (rule["IpProtocol"] in ("tcp", "6") and _HTTPS in ports))
