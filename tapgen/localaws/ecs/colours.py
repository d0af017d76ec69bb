"""Blue/green, canary and linear deployments: new tasks beside the old ones, to which requests move through stages.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/blue-green-deployment-how-it-works.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-linear.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html

A simulation of what these pages say, never compared with AWS. What they do not say is ours: weights are written before
the hooks of a shift are asked, alarms are looked at from the first stage on, and an aborted deployment stays as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tapgen.localaws.ecs.alarms import ringing
from tapgen.localaws.ecs.hooks import Hook
from tapgen.localaws.ecs.rules import NETWORK, NetworkingError, Way, check_way, ways
from tapgen.localaws.ecs.scheduler import BACK, SCHEDULER, breaks, complete, earlier, end, grow, reconcile
from tapgen.localaws.ecs.state import Deployment, Service
from tapgen.localaws.ecs.strategies import COLOURED, configuration, seconds, steps, strategy
from tapgen.localaws.protocol import Fields, ServiceError

_TICK = 0.05
_RUNNING = set[asyncio.Task[None]]()


class StoppedError(Exception):
    """A deployment is not to go on."""

    def __init__(self, reason: str, *, rolls_back: bool = True) -> None:
        super().__init__(reason)
        self.rolls_back = rolls_back


class SupersededError(Exception):
    """A deployment has no service any more, or another took its place."""


def begin(service: Service) -> None:
    """Start what the newest deployment of a service needs, in the background."""
    deployment = service.primary
    service.history.append(deployment)
    if strategy(deployment.settings) not in COLOURED:
        deployment.source = earlier(service)
        deployment.progress.become("IN_PROGRESS")
        reconcile(service)
        return
    deployment.walking = True
    task = asyncio.get_running_loop().create_task(_walk(service, deployment))
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)


async def _walk(service: Service, green: Deployment) -> None:
    async with service.turn:
        green.source = earlier(service)
        walk = Walk(service, green, green.source)
        try:
            await walk.through()
        except SupersededError:
            await walk.leave("STOPPED", "Another deployment has taken its place.")
        except Exception as error:  # noqa: BLE001 (who waits for a deployment that nobody carries on learns why)
            await walk.leave("STOPPED", repr(error))
        finally:
            green.walking = False
    reconcile(service)


class Walk:
    """The way of one deployment through its stages, and back should anything be wrong."""

    def __init__(self, service: Service, green: Deployment, blue: Deployment | None) -> None:
        self._service, self._green, self._blue = service, green, blue
        self._said = configuration(green.settings)
        self._kept = [blue] if blue else []
        """The deployments whose tasks are replaced when they end."""

        self._hooks = [Hook(each) for each in self._said.get("lifecycleHooks", [])]
        self._ways: list[Way] = []
        self._heeds_alarms = False
        self._returning = False

    async def through(self) -> None:
        """Go forward, and back if it must be.

        Raises:
            SupersededError: neither, since there is no point any more.
        """
        self._green.progress.become("IN_PROGRESS")
        try:
            await self._forward()
        except StoppedError as why:
            await (self._back(str(why)) if why.rolls_back else self.leave("STOPPED", str(why)))
        except NetworkingError as why:
            await self._back(str(why))
        except ServiceError as why:
            await self._back(f"{NETWORK}. {why.message}")

    async def _forward(self) -> None:
        service, green = self._service, self._green
        self._heeds_alarms = not await ringing(self._said)
        self._ways = await ways(green.settings, self._blue.targets if self._blue else [])
        await self._reconcile()
        for way in self._ways:
            await check_way(way)
        green.targets = [{"targetGroupArn": way.green, "containerPort": way.port} for way in self._ways]
        await self._pass("PRE_SCALE_UP")
        green.progress.enter("SCALE_UP")
        self._kept.append(green)
        await self._until(lambda: len(green.running) >= service.desired, slowest=1)
        await self._pass("POST_SCALE_UP")
        self._obey(await self._shift_test(100))
        await self._pass("POST_TEST_TRAFFIC_SHIFT")
        for step in steps(green.settings):
            await self._pass("PRE_PRODUCTION_TRAFFIC_SHIFT", production=green.progress.production)
            self._obey(await self._shift_production(step.percent))
            await self._pause(step.minutes)
        await self._pass("POST_PRODUCTION_TRAFFIC_SHIFT")
        green.progress.enter("BAKE_TIME")
        await self._pause(self._said.get("bakeTimeInMinutes", 0))
        green.progress.enter("CLEAN_UP")
        await complete(service, green)
        green.rollout = "COMPLETED"
        green.progress.finish("SUCCESSFUL")

    async def _reconcile(self) -> None:
        """End what earlier deployments left behind that came to no good end."""
        left = [each for each in self._service.deployments[1:] if each is not self._blue]
        if not any(each.running for each in left):
            return
        await self._pass("RECONCILE_SERVICE")
        if self._blue:
            await self._weigh(0)
            await self._weigh(0, test=True)
        for each in left:
            await self._end(each, f"(deployment {each.id}) stopped")

    async def _back(self, reason: str) -> None:
        """Give requests back to the old tasks, and end the new ones.

        Hooks of both shifts are asked again, and one that says no fails the roll-back:
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
        """
        progress, revision = self._green.progress, self._service.revision_arn(self._blue or self._green)
        progress.roll_back(reason, revision)
        self._service.say(f"(deployment {self._green.id}) deployment failed: {reason}")
        self._returning, self._kept = True, [self._blue] if self._blue else []
        refused = "" if self._blue else "no rollback candidate was found"
        try:
            if progress.production:
                refused = await self._shift_production(0) or refused
            if progress.test:
                refused = await self._shift_test(0) or refused
        except ServiceError as error:
            refused = error.message
        status = "ROLLBACK_FAILED" if refused else "ROLLBACK_SUCCESSFUL"
        await self._end(self._green, f"(deployment {self._green.id}) failed")
        self._give_way()
        self._fail(status, f"{reason} {refused}".strip())

    async def leave(self, status: str, reason: str) -> None:
        """Go no further, and leave everything as it is; the tasks of a service that is gone end."""
        if self._service.status != "ACTIVE":
            for deployment in self._service.deployments:
                await self._end(deployment, "Service deleted")
        self._fail(status, reason)

    def _give_way(self) -> None:
        if self._blue and self._service.primary is self._green:
            self._blue.status, self._green.status = "PRIMARY", "ACTIVE"
            rest = [each for each in self._service.deployments if each is not self._blue]
            self._service.deployments = [self._blue, *rest]

    def _fail(self, status: str, reason: str) -> None:
        self._green.progress.finish(status, reason)
        self._green.rollout, self._green.reason = "FAILED", reason

    async def _end(self, deployment: Deployment, reason: str) -> None:
        for task in deployment.running:
            await end(self._service, deployment, task, SCHEDULER, reason)

    async def _shift_test(self, percent: float) -> str:
        """Move test traffic; gives what a hook has against it."""
        self._green.progress.enter("TEST_TRAFFIC_SHIFT")
        self._green.progress.test = percent
        await self._weigh(percent, test=True)
        return await self._refusal("TEST_TRAFFIC_SHIFT", test=percent)

    async def _shift_production(self, percent: float) -> str:
        """Move production traffic; gives what a hook has against it."""
        self._green.progress.enter("PRODUCTION_TRAFFIC_SHIFT")
        self._green.progress.production = percent
        await self._weigh(percent)
        return await self._refusal("PRODUCTION_TRAFFIC_SHIFT", production=percent)

    async def _weigh(self, percent: float, *, test: bool = False) -> None:
        for way in self._ways:
            rule = way.test if test else way.production
            if rule:
                await way.shift(rule, percent)

    async def _pass(self, stage: str, production: float | None = None) -> None:
        """Be at a stage at which nothing happens but what hooks do."""
        self._green.progress.enter(stage)
        self._obey(await self._refusal(stage, production=production))

    def _obey(self, refusal: str) -> None:
        if refusal:
            raise StoppedError(refusal)

    async def _refusal(self, stage: str, test: float | None = None, production: float | None = None) -> str:
        """What the hooks of a stage have against going on, all asked at once."""
        event = self._event(stage, test, production)
        answers = asyncio.gather(*(hook.refusal(event) for hook in self._hooks if stage in hook.stages))
        try:
            await self._until(answers.done)
        finally:
            answers.cancel()
        text = " ".join(filter(None, answers.result()))
        return f"{BACK} {stage} lifecycle hook(s) failed. {text}" if text else ""

    def _event(self, stage: str, test: float | None, production: float | None) -> Fields:
        """What a hook is told; weights only where they move.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/lambda-lifecycle-hooks.html
        """
        service, green = self._service, self._green
        details = {
            "serviceArn": service.arn,
            "targetServiceRevisionArn": service.revision_arn(green),
            "testTrafficWeights": self._shares(test),
            "productionTrafficWeights": self._shares(production),
        }
        return {"lifecycleStage": stage, "resourceArn": service.deployment_arn(green), "executionDetails": details}

    def _shares(self, percent: float | None) -> dict[str, float]:
        if percent is None:
            return {}
        shares = {self._service.revision_arn(self._green): percent}
        if self._blue:
            shares[self._service.revision_arn(self._blue)] = 100 - percent
        return {arn: share if share % 1 else int(share) for arn, share in shares.items()}

    async def _pause(self, minutes: float) -> None:
        clock = asyncio.get_running_loop().time
        over = clock() + seconds(minutes)
        await self._until(lambda: clock() >= over)

    async def _until(self, done: Callable[[], bool], slowest: float = _TICK) -> None:
        """Wait, and watch meanwhile."""
        pause = _TICK / 2
        while True:
            await self._watch()
            if done():
                return
            await asyncio.sleep(pause)
            pause = min(slowest, pause * 1.3)

    async def _watch(self) -> None:
        """Replace tasks that have ended, and look for what stops a deployment.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stop-service-deployment.html

        Raises:
            StoppedError: something does.
            SupersededError: the service is gone, or has a newer deployment.
        """
        service, green = self._service, self._green
        if service.status != "ACTIVE" or service.primary is not green:
            raise SupersededError
        for deployment in self._kept:
            await grow(service, deployment)
        if self._returning:
            return
        if green.progress.asked:
            raise StoppedError(f"{BACK} of a request to stop it.", rolls_back=green.progress.asked == "ROLLBACK")
        if breaks(service, green):
            rolls_back = bool(self._said["deploymentCircuitBreaker"].get("rollback"))
            raise StoppedError(f"{BACK} the circuit breaker threshold was exceeded.", rolls_back=rolls_back)
        if self._heeds_alarms and (rung := await ringing(self._said)):
            green.progress.alarms = rung
            rolls_back = bool(self._said["alarms"].get("rollback"))
            raise StoppedError(f"{BACK} of alarms in ALARM: {', '.join(rung)}.", rolls_back=rolls_back)
