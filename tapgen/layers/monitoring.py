"""Monitoring: the dashboard of the platform, and word of failed deployments."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from troposphere import Sub, Template, cloudwatch, events

from tapgen.layers.alerts import Alerts
from tapgen.layers.cluster import Cluster
from tapgen.layers.ingress import Ingress
from tapgen.parts.context import arch, why
from tapgen.stack import Wire


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """Sees every service through searches over the cluster and the load balancer, so it needs no wire for each."""

    cluster: Cluster.Outputs
    ingress: Ingress.Outputs | None
    alerts: Alerts.Outputs

    def build(self, template: Template) -> None:
        template.set_description("Monitoring: the dashboard of the platform, and word of failed deployments.")
        arch(template, "Reads metrics and events of all services; the alarms of a service stand with the service.")
        template.add_resource(
            cloudwatch.Dashboard(
                "Dashboard",
                Metadata=why("Searches find new services by themselves."),
                DashboardBody=Sub(json.dumps({"widgets": self._widgets()}, indent=2, default=Wire.__str__)),
            )
        )
        template.add_resource(self._failed_deployments())

    def _widgets(self) -> list[dict[str, Any]]:
        of_cluster = [self._cluster_utilization("CPU", "Cpu"), self._cluster_utilization("Memory", "Memory")]
        of_services = [
            self._per_service("CPU of services (%)", "AWS/ECS", "CPUUtilization", "Average"),
            self._per_service("Memory of services (%)", "AWS/ECS", "MemoryUtilization", "Average"),
            self._per_service("Running tasks", "ECS/ContainerInsights", "RunningTaskCount", "Average"),
            self._per_service("Desired tasks", "ECS/ContainerInsights", "DesiredTaskCount", "Average"),
        ]
        of_requests = _of_requests(self.ingress) if self.ingress else []
        widgets = [*of_cluster, *of_services, *of_requests]
        return [_placed(widget, number) for number, widget in enumerate(widgets)]

    def _cluster_utilization(self, title: str, metric: str) -> dict[str, Any]:
        """Container Insights knows what is used and reserved; the plain cluster metrics are empty on Fargate."""
        used, reserved = (
            [
                "ECS/ContainerInsights",
                f"{metric}{kind}",
                "ClusterName",
                self.cluster.name,
                {"id": kind.lower(), "visible": False},
            ]
            for kind in ("Utilized", "Reserved")
        )
        share = [{"expression": "100 * utilized / reserved", "label": f"{title} of the cluster", "id": "share"}]
        return _graph(f"{title} of the cluster (%)", [share, used, reserved], "Sum")

    def _per_service(self, title: str, namespace: str, metric: str, statistic: str) -> dict[str, Any]:
        search = f'{{{namespace},ClusterName,ServiceName}} MetricName="{metric}" ClusterName="{self.cluster.name}"'
        return _graph(title, [_search(search, statistic, "ServiceName")], statistic)

    def _failed_deployments(self) -> events.Rule:
        """ECS sends this event because every service has a circuit breaker.

        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
        """
        services = f"arn:${{AWS::Partition}}:ecs:${{AWS::Region}}:${{AWS::AccountId}}:service/{self.cluster.name}/"
        return events.Rule(
            "FailedDeployments",
            Metadata=why("A deployment that ECS took back leaves the old version running, and nobody would notice."),
            EventPattern={
                "source": ["aws.ecs"],
                "detail-type": ["ECS Deployment State Change"],
                "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
                "resources": [{"prefix": Sub(services)}],
            },
            Targets=[events.Target(Id="alerts", Arn=self.alerts.topic_arn)],
        )


def _of_requests(ingress: Ingress.Outputs) -> list[dict[str, Any]]:
    shown = [
        ("Requests", "RequestCount", "Sum"),
        ("Response time, p99 (s)", "TargetResponseTime", "p99"),
        ("Answers 4XX", "HTTPCode_Target_4XX_Count", "Sum"),
        ("Answers 5XX", "HTTPCode_Target_5XX_Count", "Sum"),
    ]
    of = f'LoadBalancer="{ingress.load_balancer_name}"'
    return [
        _graph(
            title,
            [
                _search(
                    f'{{AWS/ApplicationELB,LoadBalancer,TargetGroup}} MetricName="{metric}" {of}',
                    statistic,
                    "TargetGroup",
                )
            ],
            statistic,
        )
        for title, metric, statistic in shown
    ]


def _search(search: str, statistic: str, dimension: str) -> list[Any]:
    """One line for whatever the search finds, labelled by *dimension*.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    """
    # CloudWatch's own ${...} must survive the Sub.
    return [{"expression": f"SEARCH('{search}', '{statistic}', 60)", "label": f"${{!PROP('Dim.{dimension}')}}"}]


def _graph(title: str, metrics: list[list[Any]], statistic: str) -> dict[str, Any]:
    properties = {
        "title": title,
        "region": "${AWS::Region}",
        "view": "timeSeries",
        "stat": statistic,
        "period": 60,
        "metrics": metrics,
    }
    return {"type": "metric", "properties": properties}


def _placed(widget: dict[str, Any], number: int) -> dict[str, Any]:
    """Two in a row; the dashboard is 24 columns wide."""
    return {"type": widget["type"], "x": 12 * (number % 2), "y": 6 * (number // 2), "width": 12, "height": 6} | widget
