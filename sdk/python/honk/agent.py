"""Write an agent as a class with one method; run it as the program that Honk starts.

Honk gives the entity as JSON on standard input and takes the plan as JSON from standard output (docs/formats/agent.md).
What an agent prints goes to standard error, where people see it when something is wrong.

    python3 -m honk run agents/my_agent.py [CLASS]
"""
import contextlib
import importlib.util
import json
import os
import pathlib
import sys
import traceback
from typing import Any, Dict, List, NoReturn, Optional, Type, Union

from .plan import Plan

EXIT_FAILED = 1
EXIT_USAGE = 2

# Packages whose import name is not that of the Debian package.
DEBIAN_PACKAGES = {"yaml": "python3-yaml", "requests": "python3-requests"}


class Agent:
    """Turns a migration's entity into a plan."""

    def generate_plan(self, entity: Dict[str, Any]) -> Union[Plan, Dict[str, Any]]:
        """The plan for this entity (docs/formats/entity.md). To be written by you."""
        raise NotImplementedError(f"{type(self).__name__} has no generate_plan(self, entity)")

    @property
    def context(self) -> Dict[str, Any]:
        """What else is known: schemas of both datasets, the mapping, consumers; {} outside of Honk."""
        path = os.environ.get("HONK_CONTEXT")
        if not path:
            return {}
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    @classmethod
    def main(cls) -> None:
        """For a file that is a program of its own: `if __name__ == '__main__': MyAgent.main()`."""
        run(cls)


def fail(message: str, status: int = EXIT_FAILED) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)


def plan_of(agent: Agent, entity: Dict[str, Any]) -> Dict[str, Any]:
    plan = agent.generate_plan(entity)
    if isinstance(plan, Plan):
        return plan.to_dict()
    if isinstance(plan, dict):
        return plan
    raise TypeError(f"{type(agent).__name__}.generate_plan() returned {plan!r}, expected a Plan")


def run(cls: Type[Agent]) -> None:
    """Entity in, plan out. Ends the program with a status other than 0 when there is no plan."""
    try:
        entity = json.load(sys.stdin)
    except ValueError as error:
        fail(f"expected an entity as JSON on standard input: {error}", EXIT_USAGE)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # print() must not end up in the plan
            text = json.dumps(plan_of(cls(), entity), allow_nan=False)
    except Exception:  # whatever an agent does wrong is told with its place
        fail(traceback.format_exc())
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def load(path: str, name: Optional[str] = None) -> Type[Agent]:
    """The agent's class in a file: the only one, or the one of this name."""
    file = pathlib.Path(path)
    if not file.is_file():
        fail(f"there is no file '{path}'", EXIT_USAGE)
    spec = importlib.util.spec_from_file_location("honk_agent_file", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(file.resolve().parent))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        package = DEBIAN_PACKAGES.get(error.name or "")
        fail(f"'{path}' imports '{error.name}', which is not installed"
             + (f": it is in the Debian package {package}" if package else ""))
    except Exception:
        fail(traceback.format_exc())
    return choose(module, path, name)


def choose(module: Any, path: str, name: Optional[str]) -> Type[Agent]:
    found: List[Type[Agent]] = [value for value in vars(module).values()
                                if isinstance(value, type) and issubclass(value, Agent) and value.__module__ == module.__name__]
    if name is not None:
        found = [cls for cls in found if cls.__name__ == name]
    if len(found) == 1:
        return found[0]
    if not found:
        fail(f"'{path}' has no class{' ' + name if name else ''} derived from honk.Agent", EXIT_USAGE)
    names = ", ".join(cls.__name__ for cls in found)
    fail(f"'{path}' has {len(found)} agents ({names}): name one, as in 'python3 -m honk run {path} {found[0].__name__}'", EXIT_USAGE)


def main(arguments: Optional[List[str]] = None) -> None:
    words = sys.argv[1:] if arguments is None else arguments
    if len(words) not in (1, 2) or words[0].startswith("-"):
        fail("usage: python3 -m honk run FILE [CLASS]", EXIT_USAGE)
    run(load(*words))
