"""Deployment: how a new version takes the place of the old one, and who decides."""

from __future__ import annotations

from collections.abc import Iterable

from .contract import add, both, drop, other, promise, put, remove, swap
from .reading import COLOURS, service, target_groups
from .resolved import Platform, sole
from .routing import PATHS, TEST, answer, entrance
from .watching import OF_TARGETS, of_targets, watched

DEPLOYMENT = "service-payment/Service/DeploymentConfiguration"
ADVANCED = "service-payment/Service/LoadBalancers/0/AdvancedConfiguration"
PRODUCTION = "service-payment/ProductionRule"
FORWARD = "Actions/0/ForwardConfig/TargetGroups"


@promise(
    "deployment",
    defects=[11],
    broken_by={
        "half the tasks gone": put(f"{DEPLOYMENT}/MinimumHealthyPercent", 50),
        "no room for new tasks": put(f"{DEPLOYMENT}/MaximumPercent", 100),
        "no circuit breaker": put(f"{DEPLOYMENT}/DeploymentCircuitBreaker/Enable", False),
        "no rollback": put(f"{DEPLOYMENT}/DeploymentCircuitBreaker/Rollback", False),
        "called what it is not": other(f"{DEPLOYMENT}/Strategy", "ROLLING", "BLUE_GREEN"),
        "another strategy": put(f"{DEPLOYMENT}/Strategy", "CANARY"),
        "another controller": put("service-payment/Service/DeploymentController/Type", "EXTERNAL"),
    },
)
def test_a_new_version_never_takes_tasks_away_and_a_bad_one_is_taken_back(platform: Platform) -> None:
    """Rolling where it is cheap; in production the old tasks stay until the new ones have all requests.

    What is not said of the numbers is 100 and 200 %:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html
    """
    for name in platform.services:
        deployment = service(platform, name)["DeploymentConfiguration"]
        assert deployment.get("MinimumHealthyPercent", 100) == 100
        assert deployment.get("MaximumPercent", 200) > 100
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert deployment["Strategy"] == {"dev": "ROLLING", "prod": "BLUE_GREEN"}[platform.name]
        assert service(platform, name)["DeploymentController"]["Type"] == "ECS"


@promise(
    "deployment",
    defects=[11],
    on=["prod"],
    broken_by={
        "one colour": drop("service-payment/AlternateTargetGroup"),
        "the same colour twice": put(f"{ADVANCED}/AlternateTargetGroupArn", {"Ref": "TargetGroup"}),
        "the colour of another": put(f"{ADVANCED}/AlternateTargetGroupArn", "arn:order"),
        "another protocol": put("service-payment/AlternateTargetGroup/Protocol", "HTTP"),
        "another health": put("service-payment/AlternateTargetGroup/HealthCheckPath", "/"),
        "a colour that keeps its tasks": drop("service-payment/AlternateTargetGroup/TargetGroupAttributes"),
        "nothing but one colour": drop(ADVANCED),
        "no production rule": drop(f"{ADVANCED}/ProductionListenerRule"),
        "no test rule": drop(f"{ADVANCED}/TestListenerRule"),
        "production is the test": put(f"{ADVANCED}/ProductionListenerRule", {"Ref": "TestRule"}),
        "a listener, not its rule": put(f"{ADVANCED}/ProductionListenerRule", {"Ref": "IngressListenerArn"}),
        "nobody to move requests": drop(f"{ADVANCED}/RoleArn"),
        "requests moved by the program": put(f"{ADVANCED}/RoleArn", {"Fn::GetAtt": ["TaskRole", "Arn"]}),
        "one more place for tasks": add("service-payment/Service/LoadBalancers", {"TargetGroupArn": "arn:other"}),
    },
)
def test_ecs_knows_two_colours_that_are_alike_and_how_requests_come_to_them(platform: Platform) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AdvancedConfiguration.html"""
    for name in platform.services:
        stack = f"service-{name}"
        blue, green = target_groups(platform, name)
        assert blue == green
        behind = sole(service(platform, name)["LoadBalancers"])
        assert behind["TargetGroupArn"] == f"${{{stack}.TargetGroup}}"
        assert behind.get("AdvancedConfiguration") == {
            "AlternateTargetGroupArn": f"${{{stack}.AlternateTargetGroup}}",
            "ProductionListenerRule": f"${{{stack}.ProductionRule}}",
            "TestListenerRule": f"${{{stack}.TestRule}}",
            "RoleArn": f"${{{stack}.InfrastructureRole.Arn}}",
        }


def with_one_green(platform: Platform) -> Iterable[tuple[set[str], Platform]]:
    """The platform when blue is live everywhere, and when green is live for one service alone."""
    yield set(), platform
    for name in platform.services:
        yield {name}, Platform(platform.name, platform.templates, {f"LiveColor{name.title()}": "green"})


@promise(
    "deployment",
    defects=[11],
    on=["prod"],
    broken_by={
        "production that knows one colour": drop(f"{PRODUCTION}/{FORWARD}/1"),
        "a test that knows one colour": drop(f"service-payment/TestRule/{FORWARD}/0"),
        "half of the requests each": both(
            put(f"{PRODUCTION}/{FORWARD}/0/Weight", 50), put(f"{PRODUCTION}/{FORWARD}/1/Weight", 50)
        ),
        "a few requests for whoever is not live": put(f"{PRODUCTION}/{FORWARD}/1/Weight", 1),
        "no requests for anybody": put(f"{PRODUCTION}/{FORWARD}/0/Weight", 0),
        "blue, whatever is live": both(
            put(f"{PRODUCTION}/{FORWARD}/0/Weight", 100), put(f"{PRODUCTION}/{FORWARD}/1/Weight", 0)
        ),
        "a test of blue, whatever is live": both(
            put(f"service-payment/TestRule/{FORWARD}/0/Weight", 100),
            put(f"service-payment/TestRule/{FORWARD}/1/Weight", 0),
        ),
        "the other colour": put("service-payment/Conditions/GreenIsLive/Fn::Equals/1", "blue"),
        "the colour of another service": put(
            "root/ServicePayment/Parameters/LiveColorPayment", {"Ref": "LiveColorOrder"}
        ),
        "a colour that nobody can say": put("root/ServicePayment/Parameters/LiveColorPayment", "blue"),
        "green before anything is live": put("root/Parameters/LiveColorPayment/Default", "green"),
        "a third colour": add("root/Parameters/LiveColorPayment/AllowedValues", "teal"),
        "a test of other paths": put(
            "service-payment/TestRule/Conditions/0/PathPatternConfig/Values", ["/payment", "/payment/7"]
        ),
        "a test where clients are": put("service-payment/TestRule/ListenerArn", {"Ref": "IngressListenerArn"}),
        "clients where a test is": put(f"{PRODUCTION}/ListenerArn", {"Ref": "IngressTestListenerArn"}),
        "a log-in before it": add(f"{PRODUCTION}/Actions", {"Type": "authenticate-oidc", "Order": 1}),
    },
)
def test_each_rule_knows_both_colours_and_all_requests_go_to_the_live_one(platform: Platform) -> None:
    """One has all the weight when a deployment begins, and both are known by both rules, or ECS refuses.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green.html
    """
    for name in platform.services:
        stack = f"service-{name}"
        assert platform.templates["root"]["Parameters"][f"LiveColor{name.title()}"]["AllowedValues"] == [
            "blue",
            "green",
        ]
        for title in ("ProductionRule", "TestRule"):
            groups = sole(platform.resource(stack, title)["Properties"]["Actions"])["ForwardConfig"]["TargetGroups"]
            assert [each["TargetGroupArn"] for each in groups] == [f"${{{stack}.{each}}}" for each in COLOURS["prod"]]
            assert sorted(each["Weight"] for each in groups) == [0, 100]
    for green, seen in with_one_green(platform):
        for path, owner in PATHS.items():
            live = f"${{service-{owner}.{COLOURS['prod'][owner in green]}}}" if owner else "404"
            assert (answer(seen, entrance(seen), path), answer(seen, TEST, path)) == (live, live)


@promise(
    "deployment",
    defects=[11],
    on=["prod"],
    broken_by={
        "no alarms": drop(f"{DEPLOYMENT}/Alarms"),
        "alarms that nobody minds": put(f"{DEPLOYMENT}/Alarms/Enable", False),
        "alarms that only stop it": put(f"{DEPLOYMENT}/Alarms/Rollback", False),
        "errors are fine": remove(f"{DEPLOYMENT}/Alarms/AlarmNames", {"Ref": "FailedRequests"}),
        "waiting is fine": remove(f"{DEPLOYMENT}/Alarms/AlarmNames", {"Ref": "SlowRequests"}),
        "ARNs, where names are wanted": put(
            f"{DEPLOYMENT}/Alarms/AlarmNames/0", {"Fn::GetAtt": ["SlowRequests", "Arn"]}
        ),
        "taken back for having grown": add(f"{DEPLOYMENT}/Alarms/AlarmNames", {"Ref": "AtMaximum"}),
        "errors at another load balancer": put(
            "service-payment/FailedRequests/Metrics/green_errors/MetricStat/Metric/Dimensions/LoadBalancer/Value",
            "app/x",
        ),
        "errors of blue alone": swap("service-payment/FailedRequests", "AlternateTargetGroup", "TargetGroup"),
        "latency of green alone": put(
            "service-payment/SlowRequests/Metrics/blue_slowest/MetricStat/Metric/Dimensions/TargetGroup/Value",
            {"Fn::GetAtt": ["AlternateTargetGroup", "TargetGroupFullName"]},
        ),
        "health of blue alone": swap("service-payment/UnhealthyTasks/Metrics", "[blue, green]", "[blue]"),
        "the better colour": swap("service-payment/UnhealthyTasks/Metrics", "MAX(", "MIN("),
        "a colour without requests hides the other": swap(
            "service-payment/SlowRequests/Metrics/green/Expression", "FILL(", "("
        ),
        "silence, and so every deployment, is alarming": put(
            "service-payment/FailedRequests/TreatMissingData", "breaching"
        ),
        "the old tasks go at once": put(f"{DEPLOYMENT}/BakeTimeInMinutes", 0),
        "the old tasks go before an alarm can sound": put(f"{DEPLOYMENT}/BakeTimeInMinutes", 5),
        "nobody says when the old tasks go": drop(f"{DEPLOYMENT}/BakeTimeInMinutes"),
    },
)
def test_alarms_over_both_colours_take_a_new_version_back_while_the_old_one_waits(platform: Platform) -> None:
    """Requests go back at once, for the old tasks are there for longer than an alarm takes to sound.

    An alarm that sounds already when a deployment begins is not minded:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    """
    for name in platform.services:
        stack = f"service-{name}"
        deployment = service(platform, name)["DeploymentConfiguration"]
        names = [f"${{{stack}.{title}}}" for title in OF_TARGETS]
        assert deployment.get("Alarms") == {"Enable": True, "Rollback": True, "AlarmNames": names}
        for title, formula in OF_TARGETS.items():
            alarm = platform.resource(stack, title)["Properties"]
            assert watched(alarm) == of_targets(platform, name, formula)
            assert alarm["TreatMissingData"] == "notBreaching"
            assert deployment.get("BakeTimeInMinutes", 0) > alarm["EvaluationPeriods"], "minutes, as is watched"
