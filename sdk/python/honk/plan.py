"""Plans as agents write them. Live ones, with states and results, are in live.py."""
from typing import Any, Dict, Iterable, List, Mapping, Optional


class Step:
    """One step of a plan: what an action is to do. docs/formats/plan.md has the actions and their params.

    `status` is 'pending' here; steps of a live plan say how far they are.
    """

    def __init__(self, name: Optional[str] = None, action: Optional[str] = None, params: Optional[Mapping[str, Any]] = None):
        if not isinstance(action, str) or not action:
            raise TypeError(f"a step needs an action, such as action='transform' (step {name!r} has {action!r})")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"the name of a step is text, not {name!r}")
        if params is not None and not isinstance(params, Mapping):
            raise TypeError(f"the params of step {name or action!r} are a dict, not {params!r}")
        self.name = name
        self.action = action
        self.params: Dict[str, Any] = dict(params or {})
        self.status = "pending"

    def to_dict(self) -> Dict[str, Any]:
        """As it is handed to Honk."""
        step: Dict[str, Any] = {"action": self.action, "params": self.params}
        if self.name is not None:
            step["name"] = self.name
        return step

    def __repr__(self) -> str:
        return f"<Step {self.name or '-'}: {self.action}, {self.status}>"


class Plan:
    """Ordered steps. Honk adds what makes them safe, and refuses what contradicts the entity."""

    def __init__(self, name: Optional[str] = None, steps: Iterable[Step] = ()):
        self.name = name
        self.steps: List[Step] = []
        for step in steps:
            self.add_step(step)

    def add_step(self, step: Step) -> Step:
        """Put a step at the end; the same step comes back."""
        if not isinstance(step, Step):
            raise TypeError(f"expected a Step, not {step!r}")
        self.steps.append(step)
        return step

    def to_dict(self) -> Dict[str, Any]:
        """As it is handed to Honk."""
        plan: Dict[str, Any] = {"steps": [step.to_dict() for step in self.steps]}
        if self.name is not None:
            plan["name"] = self.name
        return plan

    def __repr__(self) -> str:
        return f"<Plan {self.name or '-'}: {len(self.steps)} steps>"
