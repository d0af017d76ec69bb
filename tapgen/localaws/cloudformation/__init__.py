"""CloudFormation, stacks within stacks included: ministack reads templates, what happens to stacks is ours.

`stacks` holds them, `templates` reads what they are to be, `deployment` brings them there and back, `nested` does so
one level down, `removal` deletes, `changesets` says before what would happen, `api` is what the CLI talks to.
"""
