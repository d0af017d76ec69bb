"""Who reaches what through the network: rules of security groups, and listeners of load balancers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import collapse_addresses, ip_network
from typing import Any

from tapgen.review.access.conditions import within
from tapgen.review.access.statements import When, cases
from tapgen.review.origins import Origins, default, owner, plain, text
from tapgen.review.stacks import Stack

Ports = tuple[int, int] | str
"""From the first to the last; or in words, where they are not known."""

GROUP, LISTENER, BALANCER = (
    "AWS::EC2::SecurityGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
)
EVERYTHING = "everything"
STRANGERS = "whoever reaches it"
_ALL_PORTS = (0, 65535)
_ANYBODY = {"0.0.0.0/0", "::/0", "*"}
_PROTOCOLS = {"-1": "all traffic", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_PEERS = ("CidrIp", "CidrIpv6", "SecurityGroupId", "PrefixListId", "SecurityGroupName")


@dataclass(frozen=True)
class Flow:
    """A rule of a security group: who may connect to whom."""

    group: str
    enters: bool
    protocol: str
    ports: Ports
    peer: str
    when: When
    denies: bool = False

    def covers(self, other: Flow) -> bool:
        """Whether all that may pass by *other* may by this one, for certain."""
        return (
            self.protocol in (other.protocol, "all traffic")
            and (self.protocol == "all traffic" or _around(self.ports, other.ports))
            and _includes(self.peer, other.peer)
            and self.when <= other.when
        )

    def overlaps(self, other: Flow) -> bool:
        """Whether something may pass by both."""
        if self.protocol != other.protocol and "all traffic" not in (self.protocol, other.protocol):
            return False
        return _share(self.ports, other.ports) and _related(self.peer, other.peer)

    def parts(self) -> dict[str, str]:
        """It in words."""
        peer = plain(default(self.peer))
        who, where = (peer, self.group) if self.enters else (self.group, peer)
        when = " and ".join(sorted(f"where {each}" for each in self.when))
        return {"who": who, "what": f"{self.protocol}{_shown(self.ports)}", "where": where, "when": when}


@dataclass(frozen=True)
class Door:
    """A port at which a load balancer listens."""

    balancer: str
    who: str
    what: str
    when: When
    denies: bool = False

    def covers(self, other: Door) -> bool:
        """Whether it is open to all that *other* is open to."""
        return self.what == other.what and self.who in (other.who, "internet") and self.when <= other.when

    def overlaps(self, other: Door) -> bool:
        """Whether both are the same port."""
        return self.what == other.what

    def parts(self) -> dict[str, str]:
        """It in words."""
        when = " and ".join(sorted(f"where {each}" for each in self.when))
        return {"who": self.who, "what": self.what, "where": plain(self.balancer), "when": when}


def flows(stacks: Mapping[str, Stack], origins: Origins) -> Iterator[tuple[str, Flow]]:
    """Every rule of every security group, wherever it is written."""
    found: list[Flow] = []
    for stack in stacks.values():
        for title, each in stack.resources.items():
            if each["Type"] in (GROUP, f"{GROUP}Ingress", f"{GROUP}Egress"):
                said, when = origins.of(stack, each["Properties"]), origins.conditions(stack, title)
                if each["Type"] == GROUP:
                    found += _inline(origins.address(stack, title), said, when)
                else:
                    group = owner(said.get("GroupId", said.get("GroupName", "")))
                    found += _rule(group, said, when, enters=each["Type"].endswith("Ingress"))
    outgoing = {flow.group for flow in found if not flow.enters and flow.peer != EVERYTHING}
    for flow in _united(flow for flow in found if flow.peer != EVERYTHING or flow.group not in outgoing):
        yield f"{'to' if flow.enters else 'from'} {flow.group}", flow


def _inline(group: str, said: Mapping[str, Any], when: When) -> Iterator[Flow]:
    """The rules within a group. One that is made without rules for what leaves lets everything out.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
    """
    for enters, word in ((True, "SecurityGroupIngress"), (False, "SecurityGroupEgress")):
        for rule, here in cases(said.get(word), when):
            yield from _rule(group, rule, here, enters=enters)
    if not said.get("SecurityGroupEgress"):
        yield Flow(group, False, "all traffic", _ALL_PORTS, EVERYTHING, when)


def _rule(group: str, said: Any, when: When, *, enters: bool) -> Iterator[Flow]:
    if not isinstance(said, dict) or "IpProtocol" not in said:
        yield Flow(group, enters, text(said), "", "*", when)
        return
    protocol = text(said["IpProtocol"]).lower()
    protocol = _PROTOCOLS.get(protocol, protocol)
    for word in _PEERS:
        for prefix in ("", "Source", "Destination"):
            for peer, here in cases(said.get(f"{prefix}{word}"), when):
                yield Flow(group, enters, protocol, _ports(protocol, said), owner(peer), here)


def _ports(protocol: str, said: Mapping[str, Any]) -> Ports:
    begin, end = (default(text(said.get(word, "-1"))) for word in ("FromPort", "ToPort"))
    if protocol in ("icmp", "icmpv6"):
        return "" if begin == "-1" else f"{begin}/{end}"
    if protocol == "all traffic" or "-1" in (begin, end):
        return _ALL_PORTS
    return (int(begin), int(end)) if begin.isdecimal() and end.isdecimal() else f"{begin}-{end}"


def _united(found: Iterable[Flow]) -> list[Flow]:
    """Rules of the same as one: neighbouring ports, then neighbouring blocks of addresses."""
    by_peer: dict[Flow, list[Ports]] = {}
    for flow in found:
        by_peer.setdefault(replace(flow, ports=""), []).append(flow.ports)
    joined = [replace(flow, ports=ports) for flow, every in by_peer.items() for ports in _joined(every)]
    by_ports: dict[Flow, list[str]] = {}
    for flow in joined:
        by_ports.setdefault(replace(flow, peer=""), []).append(flow.peer)
    return [replace(flow, peer=peer) for flow, peers in by_ports.items() for peer in _collapsed(peers)]


def _joined(every: list[Ports]) -> list[Ports]:
    ranges: list[tuple[int, int]] = []
    for begin, end in sorted(ports for ports in every if isinstance(ports, tuple)):
        if ranges and begin <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        else:
            ranges.append((begin, end))
    return [*ranges, *dict.fromkeys(ports for ports in every if isinstance(ports, str))]


def _collapsed(peers: list[str]) -> list[str]:
    blocks = [peer for peer in peers if within(peer, peer)]
    networks = [ip_network(block, strict=False) for block in blocks]
    four = collapse_addresses(each for each in networks if each.version == 4)
    six = collapse_addresses(each for each in networks if each.version == 6)
    return [*map(str, four), *map(str, six), *dict.fromkeys(peer for peer in peers if peer not in blocks)]


def _around(wide: Ports, narrow: Ports) -> bool:
    if isinstance(wide, tuple) and isinstance(narrow, tuple):
        return wide[0] <= narrow[0] and narrow[1] <= wide[1]
    return wide in (narrow, _ALL_PORTS, "")


def _share(one: Ports, other: Ports) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return one[0] <= other[1] and other[0] <= one[1]
    return True


def _includes(wide: str, narrow: str) -> bool:
    """Whether one peer stands for another: a larger block, or one of all addresses for what has addresses."""
    if wide in (narrow, EVERYTHING):
        return True
    outer, inner = default(wide), default(narrow)
    if "." in inner and ":" not in inner and not within(inner, inner) and not inner.startswith("$"):
        return outer == "0.0.0.0/0"  # a group: its members have addresses
    return within(outer, inner) and (outer != inner or (outer, inner) == (wide, narrow))


def _related(one: str, other: str) -> bool:
    first, second = default(one), default(other)
    blocks = [within(each, each) for each in (first, second)]
    if all(blocks):
        return within(first, second) or within(second, first)
    return one == other or any(blocks) or "$" in first + second or "*" in first + second


def _shown(ports: Ports) -> str:
    if isinstance(ports, str):
        return f" {ports}" if ports else ""
    begin, end = ports
    return "" if ports == _ALL_PORTS else f" {begin}" if begin == end else f" {begin}-{end}"


def listeners(stacks: Mapping[str, Stack], origins: Origins, passing: Sequence[Flow] = ()) -> dict[str, Door]:
    """Every listener by its address, with who reaches it: where nothing is said, the internet.

    Security groups of the load balancer let others in or not, as far as their rules are known (*passing*).

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-loadbalancer.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-update-security-groups.html
    """
    resources = [
        (stack, title, each["Type"], origins.of(stack, each["Properties"]))
        for stack in stacks.values()
        for title, each in stack.resources.items()
        if each["Type"] in (LISTENER, BALANCER)
    ]
    balancers = {origins.address(stack, title): said for stack, title, kind, said in resources if kind == BALANCER}
    found = {}
    for stack, title, kind, said in resources:
        if kind == LISTENER:
            balancer, port = owner(said.get("LoadBalancerArn", "")), text(said.get("Port", ""))
            what = f"{text(said.get('Protocol', ''))} {port}".strip()
            who = _who(balancers[balancer], port, passing) if balancer in balancers else STRANGERS
            found[origins.address(stack, title)] = Door(balancer, who, what, origins.conditions(stack, title))
    return found


def _who(balancer: Mapping[str, Any], port: str, passing: Sequence[Flow]) -> str:
    scheme = text(balancer.get("Scheme", "internet-facing"))
    groups = {owner(each) for each, _ in cases(balancer.get("SecurityGroups"))}
    entering = [flow for flow in passing if flow.enters and flow.group in groups]
    if scheme == "internet-facing" and port.isdecimal() and groups and groups <= {flow.group for flow in passing}:
        asked = (int(port), int(port))
        peers = {default(flow.peer) for flow in entering if _around(flow.ports, asked)}
        if not peers & _ANYBODY:
            return ", ".join(sorted(map(plain, peers))) or "nobody"
    return {"internet-facing": "internet", "internal": "its network"}.get(scheme, f"whoever {plain(scheme)} lets in")
