"""How many tasks run, and on which capacity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Sub, Template, cloudwatch, ecs
from troposphere import applicationautoscaling as autoscaling

from tapgen.config.scaling import ScheduledScaling
from tapgen.config.service import Service
from tapgen.kinds import Text
from tapgen.layers.data import Queue
from tapgen.layers.service.routing import Route
from tapgen.parts.alarms import Measured, computed, metric
from tapgen.parts.context import why
from tapgen.parts.present import present


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """What decides how many tasks of a service run."""

    config: Service
    cluster: Text
    service: ecs.Service
    route: Route | None
    """How requests reach it; None where none do."""
    queue: Queue | None
    """The queue whose messages it works off; None where there is none."""

    def add(self, template: Template) -> None:
        """Add the bounds, and a policy for each measure: the one that wants most tasks decides.

        Where the queue may stop the last task, it alone lets tasks go: while one runs, its CPU never asks for none.


        Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
        """
        target = template.add_resource(self._target())
        for title, name, wanted, measure in self._measures():
            template.add_resource(self._policy(title, name, target, wanted, measure))
        if self.queue and self._sleeps:
            policy = template.add_resource(_wake_up(target))
            template.add_resource(self._waiting(policy, self.queue))

    @property
    def _sleeps(self) -> bool:
        """Whether no task may be left until a message comes."""
        return bool(self.queue) and self.config.fewest_tasks == 0

    def _target(self) -> autoscaling.ScalableTarget:
        return autoscaling.ScalableTarget(
            "ScalableTarget",
            ServiceNamespace="ecs",
            ScalableDimension="ecs:service:DesiredCount",
            ResourceId=Sub(f"service/{self.cluster}/{Text(self.service.get_att('Name'))}"),
            MinCapacity=self.config.tasks.min,
            MaxCapacity=self.config.tasks.max,
            **present(ScheduledActions=[_scheduled(*each) for each in self.config.scaling.schedule.items()] or None),
        )

    def _measures(self) -> Iterator[tuple[str, str, int, dict[str, Any]]]:
        """The title and name of each policy, the value that it aims at, and what it measures."""
        scaling = self.config.scaling
        yield "CpuScaling", "cpu", scaling.cpu, _predefined("ECSServiceAverageCPUUtilization")
        if scaling.memory:
            yield "MemoryScaling", "memory", scaling.memory, _predefined("ECSServiceAverageMemoryUtilization")
        if scaling.requests and self.route:
            yield "RequestScaling", "requests", scaling.requests, _requests(self.route)
        if scaling.queue and self.queue:
            yield "QueueScaling", "queue", scaling.queue.per_task, _customized(self._backlog(self.queue))

    def _policy(
        self, title: str, name: str, target: autoscaling.ScalableTarget, wanted: int, measure: dict[str, Any]
    ) -> autoscaling.ScalingPolicy:
        keeps = self._sleeps and name != "queue"
        return autoscaling.ScalingPolicy(
            title,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=target.ref(),
            TargetTrackingScalingPolicyConfiguration=autoscaling.TargetTrackingScalingPolicyConfiguration(
                **measure,
                TargetValue=wanted,
                ScaleOutCooldown=self.config.scaling.out_cooldown,
                ScaleInCooldown=self.config.scaling.in_cooldown,
                **present(DisableScaleIn=keeps or None),
            ),
        )

    def _backlog(self, queue: Queue) -> Measured:
        """Messages for each running task. Those being worked on count too: the last task stays until it has finished.

        Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
        """
        # No task, no metric: one that would run gets all messages.
        return computed(
            "(waiting + working) / IF(FILL(running, 0) < 1, 1, running)", **_messages(queue), running=self._running()
        )

    def _waiting(self, policy: autoscaling.ScalingPolicy, queue: Queue) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            "MessagesWaiting",
            AlarmDescription=f"Messages are waiting, and no task of {self.config.name} is running.",
            **computed("IF(FILL(running, 0) < 1, waiting + working, 0)", **_messages(queue), running=self._running()),
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
            EvaluationPeriods=1,
            TreatMissingData="notBreaching",
            AlarmActions=[policy.ref()],
        )

    def _running(self) -> Measured:
        tasks: dict[str, AWSHelperFn] = {"ClusterName": self.cluster, "ServiceName": self.service.get_att("Name")}
        return metric("ECS/ContainerInsights", "RunningTaskCount", tasks, "Average")


def _scheduled(name: str, config: ScheduledScaling) -> autoscaling.ScheduledAction:
    """Other bounds from a certain time on; they last until the next.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scheduled-scaling.html
    """
    return autoscaling.ScheduledAction(
        ScheduledActionName=name,
        Schedule=config.at,
        Timezone=config.timezone,
        ScalableTargetAction=autoscaling.ScalableTargetAction(MinCapacity=config.min, MaxCapacity=config.max),
    )


def _wake_up(target: autoscaling.ScalableTarget) -> autoscaling.ScalingPolicy:
    """Starts the first task.

    Source: https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-step-scaling-policies.html
    """
    return autoscaling.ScalingPolicy(
        "WakeUp",
        Metadata=why(
            "A target for each task says nothing while there is none: the alarm on messages starts the first."
        ),
        PolicyName="wake-up",
        PolicyType="StepScaling",
        ScalingTargetId=target.ref(),
        StepScalingPolicyConfiguration=autoscaling.StepScalingPolicyConfiguration(
            AdjustmentType="ChangeInCapacity",
            Cooldown=60,
            MetricAggregationType="Maximum",
            StepAdjustments=[autoscaling.StepAdjustment(MetricIntervalLowerBound=0, ScalingAdjustment=1)],
        ),
    )


def _messages(queue: Queue) -> dict[str, Measured]:
    """Those that wait, and those that somebody has taken and not yet deleted.

    Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    named: dict[str, AWSHelperFn] = {"QueueName": queue.name}
    return {
        "waiting": metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", named, "Maximum"),
        "working": metric("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", named, "Maximum"),
    }


def _predefined(kind: str, label: Sub | None = None) -> dict[str, Any]:
    specification = autoscaling.PredefinedMetricSpecification(PredefinedMetricType=kind)
    if label:
        specification.ResourceLabel = label
    return {"PredefinedMetricSpecification": specification}


def _requests(route: Route) -> dict[str, Any]:
    """Requests a minute for each task; of two colours both count, since either may be the one that gets them.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    """
    if len(route.groups) == 1:
        (group,) = route.groups
        name = Text(group.get_att("TargetGroupFullName"))
        return _predefined("ALBRequestCountPerTarget", Sub(f"{route.load_balancer_name}/{name}"))
    blue, green = (metric("AWS/ApplicationELB", "RequestCountPerTarget", each, "Sum") for each in route.targets)
    return _customized(computed("FILL(blue, 0) + FILL(green, 0)", blue=blue, green=green))


def _customized(measured: Measured) -> dict[str, Any]:
    """What an alarm would compute, in the words of Application Auto Scaling: it has no periods of its own."""
    queries = [
        autoscaling.TargetTrackingMetricDataQuery(Id=query.Id, Expression=query.Expression, ReturnData=True)
        if "Expression" in query.properties
        else autoscaling.TargetTrackingMetricDataQuery(
            Id=query.Id, MetricStat=_statistic(query.MetricStat), ReturnData=False
        )
        for query in measured["Metrics"]
    ]
    return {"CustomizedMetricSpecification": autoscaling.CustomizedMetricSpecification(Metrics=queries)}


def _statistic(measured: cloudwatch.MetricStat) -> autoscaling.TargetTrackingMetricStat:
    found = measured.Metric
    dimensions = [
        autoscaling.TargetTrackingMetricDimension(Name=each.Name, Value=each.Value) for each in found.Dimensions
    ]
    return autoscaling.TargetTrackingMetricStat(
        Metric=autoscaling.TargetTrackingMetric(
            Namespace=found.Namespace, MetricName=found.MetricName, Dimensions=dimensions
        ),
        Stat=measured.Stat,
    )


def capacity(config: Service) -> list[ecs.CapacityProviderStrategyItem]:
    """A floor of tasks that nobody reclaims, and the rest shared out by weight.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html
    """
    on_demand, spot = config.capacity.on_demand, config.capacity.spot
    shares = [("FARGATE", config.on_demand_base, on_demand.weight), ("FARGATE_SPOT", spot.base, spot.weight)]
    return [
        ecs.CapacityProviderStrategyItem(CapacityProvider=provider, Base=base, Weight=weight)
        for provider, base, weight in shares
        if base or weight
    ]
