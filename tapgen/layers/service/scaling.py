"""How many tasks run, and on which capacity."""

from __future__ import annotations

from troposphere import Sub, Template, applicationautoscaling, ecs

from tapgen.config.service import Service
from tapgen.kinds import Text


def scale(template: Template, config: Service, cluster: Text, service: ecs.Service) -> None:
    """Let the CPU decide how many tasks run.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
    """
    target = template.add_resource(
        applicationautoscaling.ScalableTarget(
            "ScalableTarget",
            ServiceNamespace="ecs",
            ScalableDimension="ecs:service:DesiredCount",
            ResourceId=Sub(f"service/{cluster}/{Text(service.get_att('Name'))}"),
            MinCapacity=config.tasks.min,
            MaxCapacity=config.tasks.max,
        )
    )
    template.add_resource(
        applicationautoscaling.ScalingPolicy(
            "CpuScaling",
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=target.ref(),
            TargetTrackingScalingPolicyConfiguration=applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
                PredefinedMetricSpecification=applicationautoscaling.PredefinedMetricSpecification(
                    PredefinedMetricType="ECSServiceAverageCPUUtilization"
                ),
                TargetValue=config.scaling.cpu,
                ScaleOutCooldown=config.scaling.out_cooldown,
                ScaleInCooldown=config.scaling.in_cooldown,
            ),
        )
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
