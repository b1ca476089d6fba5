"""reverse_mapping: what undoes an action, by its name.

`reverse_mapping[step.action](step.params)` takes the step of a live plan back and returns when it is. Honk never leaves a plan half
taken back, and never takes a step back while a later one stands on it: the first call asks for the rollback of the whole plan
(fenced, in reverse order, also of what was only begun), and each call returns when the plan is rolled back. So a loop over the reversed
steps ends in exactly the state in which `honk rollback` ends, whichever steps it looks at, and however often it runs.
"""
from typing import Any, Callable, Iterator, Mapping

from .errors import HonkError
from .live import Params

REVERSIBLE = ("validate", "rewrite", "freeze", "stage", "transform", "copy", "compare", "swap", "rollout")
IRREVERSIBLE = ("settle", "retire")

Reverse = Callable[[Mapping[str, Any]], None]


def _plan_of(params: Mapping[str, Any]) -> Any:
    if not isinstance(params, Params):
        raise TypeError("these params belong to no live plan: take a step of `Client().plan(NAME).steps`")
    return params.step.plan


def _roll_back(params: Mapping[str, Any]) -> None:
    _plan_of(params).rollback()


def _refuse(params: Mapping[str, Any]) -> None:
    raise HonkError(f"'{_plan_of(params).migration}' cannot be taken back any more: its way back has ended")


class _ReverseMapping(Mapping[str, Reverse]):
    def __getitem__(self, action: str) -> Reverse:
        if action in REVERSIBLE:
            return _roll_back
        if action in IRREVERSIBLE:
            return _refuse
        raise KeyError(action)

    def __iter__(self) -> Iterator[str]:
        return iter(REVERSIBLE + IRREVERSIBLE)

    def __len__(self) -> int:
        return len(REVERSIBLE + IRREVERSIBLE)


reverse_mapping: Mapping[str, Reverse] = _ReverseMapping()
