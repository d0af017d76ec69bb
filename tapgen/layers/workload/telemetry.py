"""The OpenTelemetry collector of a task: AWS's own distribution, with its whole configuration in the template."""

from __future__ import annotations

from typing import Any

import awacs.logs as log_actions
import yaml
from awacs import xray
from awacs.aws import Statement
from troposphere import Sub, logs

from tapgen.config.image_names import COLLECTOR
from tapgen.config.workload import ContainerCheck, ContainerSettings
from tapgen.kinds import Text
from tapgen.layers.workload.container import Container, health_check
from tapgen.layers.workload.foundation import Foundation
from tapgen.parts.policies import allow

NAME = "telemetry"


def variables(service: str) -> dict[str, str]:
    """What tells an OpenTelemetry SDK where the collector is, and who speaks.

    Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_SERVICE_NAME": service}


def collector(on: Foundation, log_group: logs.LogGroup) -> Container:
    """The container. It stops last and takes nobody with it: a task without telemetry still works.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/trace-data-containerdefinitions.html
    """
    config = _configuration(f"{on.images.platform}/{on.environment}", str(Text(log_group.ref())))
    return Container(
        name=NAME,
        config=ContainerSettings(scratch={}),
        image=on.images.beside(COLLECTOR),
        variables={"AOT_CONFIG_CONTENT": Sub(yaml.safe_dump(config, sort_keys=False))},
        health=health_check(ContainerCheck(), ["CMD", "/healthcheck"]),
        essential=False,
        memory=256,
    )


def rights(log_group: logs.LogGroup) -> list[Statement]:
    """May send traces, and write metrics to the log group of its task.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/trace-data.html ,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/application-metrics-cloudwatch.html
    """
    traces = [
        xray.GetSamplingRules,
        xray.GetSamplingStatisticSummaries,
        xray.GetSamplingTargets,
        xray.PutTelemetryRecords,
        xray.PutTraceSegments,
    ]
    record = [log_actions.CreateLogStream, log_actions.DescribeLogStreams, log_actions.PutLogEvents]
    return [
        # These actions know no resource.
        allow("SendTraces", traces, ["*"]),
        allow("WriteMetrics", record, [log_group.get_att("Arn")]),
    ]


def _configuration(namespace: str, log_group: str) -> dict[str, Any]:
    """Traces to X-Ray; metrics as log events that CloudWatch makes metrics of.

    Source: https://aws-otel.github.io/docs/getting-started/cloudwatch-metrics
    """
    pipeline = {"receivers": ["otlp"], "processors": ["resourcedetection", "batch"]}
    return {
        "extensions": {"health_check": {}},
        "receivers": {
            "otlp": {"protocols": {"grpc": {"endpoint": "127.0.0.1:4317"}, "http": {"endpoint": "127.0.0.1:4318"}}}
        },
        "processors": {"resourcedetection": {"detectors": ["env", "ecs"]}, "batch": {}},
        "exporters": {
            "awsxray": {},
            "awsemf": {
                "namespace": namespace,
                "log_group_name": log_group,
                "log_stream_name": "telemetry/metrics/{TaskId}",
                "dimension_rollup_option": "NoDimensionRollup",
            },
        },
        "service": {
            "extensions": ["health_check"],
            "pipelines": {
                "traces": {**pipeline, "exporters": ["awsxray"]},
                "metrics": {**pipeline, "exporters": ["awsemf"]},
            },
        },
    }
