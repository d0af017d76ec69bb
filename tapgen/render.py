"""Configuration -> {path: text}; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from troposphere import Template

from tapgen.config.environment import Environment
from tapgen.config.image_names import BESIDE, image_names
from tapgen.config.read import Configuration
from tapgen.dump import dump
from tapgen.layers.bootstrap import Bootstrap
from tapgen.layers.registry import Registry
from tapgen.parts.context import arch
from tapgen.parts.rights.handlers import Actions, known
from tapgen.parts.tags import tag
from tapgen.platform import assemble
from tapgen.schemas import handlers
from tapgen.stack import Body
from tapgen.write import PROVENANCE


def render(configuration: Configuration) -> dict[str, str]:
    """Every template that the configuration describes, by its path below the output folder."""
    made = {name: environment_bodies(environment) for name, environment in configuration.environments.items()}
    texts = _texts(shared_bodies(configuration, made))
    for name, environment in configuration.environments.items():
        texts |= _texts(made[name]) | _copies(environment)
    return texts


def render_shared(configuration: Configuration) -> dict[str, str]:
    """The templates that the environments of an account and Region share, which must be there before images are."""
    environments = configuration.environments if configuration.file.ci else {}
    return _texts(shared_bodies(configuration, {name: environment_bodies(each) for name, each in environments.items()}))


def _texts(templates: Mapping[str, Body]) -> dict[str, str]:
    return {path: f"{PROVENANCE}\n{dump(template)}" for path, template in templates.items()}


def _copies(environment: Environment) -> dict[str, str]:
    """Templates of the user's own, byte for byte, below the line by which files of tapgen are known."""
    return {
        f"{environment.name}/{own.stack}.yaml": f"{PROVENANCE}\n# What follows is a copy of {own.template}.\n{own.text}"
        for own in environment.stacks.values()
    }


def shared_bodies(configuration: Configuration, made: Mapping[str, Mapping[str, Body]]) -> dict[str, Body]:
    """What is there once for each account and Region, whatever the environments in it: who deploys may make those."""
    file, bootstrap, registry = configuration.file, Template(), Template()
    types = _types(configuration.environments.values(), [body for each in made.values() for body in each.values()])
    Bootstrap(platform=file.name, environments=configuration.environments, ci=file.ci, types=types).build(bootstrap)
    Registry(platform=file.name, images=_images(configuration), config=file.registry).build(registry)
    for template in (bootstrap, registry):
        tag(template, {"Environment": "shared", "Service": file.name} | file.defaults.tags)
    return {"bootstrap.yaml": bootstrap.to_dict(), "registry.yaml": registry.to_dict()}


def _types(environments: Iterable[Environment], templates: Iterable[Body]) -> Actions:
    """Every type of resource in the *templates* and in those of the user's own, and what AWS's handlers of it call."""
    ours = {resource["Type"] for template in templates for resource in template["Resources"].values()}
    own = {kind for each in environments for stack in each.stacks.values() for kind in stack.types}
    return {kind: known().actions[kind] if kind in known().actions else handlers(kind) for kind in sorted(ours | own)}


def _images(configuration: Configuration) -> list[str]:
    """What any environment runs, since all that are in one account and Region share the registry."""
    here = [(each, workload) for each in configuration.environments.values() for workload in each.workloads.values()]
    workloads = [workload for _, workload in here]
    sidecars: dict[str, dict[str, None]] = {}
    for each in workloads:
        sidecars.setdefault(each.name, {}).update(dict.fromkeys(each.sidecars))
    names = image_names(sidecars, sidecars.keys() - {each.repository for each in workloads})
    beside = {name for environment, workload in here for name in environment.beside(workload)}
    return [name for name in names if name not in BESIDE or name in beside]


def environment_bodies(environment: Environment) -> dict[str, Body]:
    """What is there once for each environment, but for the templates of the user's own."""
    root = assemble(environment)
    # A TemplateURL that is not yet an address of S3 is W3002: deploying uploads the children, and puts it in.
    root.template.set_metadata({"cfn-lint": {"config": {"ignore_checks": ["W3002"]}}})
    arch(
        root.template,
        "Nested stacks, each deployed after those whose outputs it takes. TemplateURL names the file beside this one, "
        "as reviewed; deploying uploads it and puts its address there. That is why cfn-lint's W3002 is ignored.",
    )
    return {f"{environment.name}/{name}.yaml": template for name, template in root.templates().items()}
