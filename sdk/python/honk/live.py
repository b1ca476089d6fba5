"""A plan that exists: its steps as they were approved, with their states and results beside them.

The plan document never changes (its digest is what was approved). What steps did lies beside it, in the server's tasks; here both are
seen together, as they were at one moment. `refresh()` looks again.
"""
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple, Union
from urllib.parse import quote

from .errors import HonkError
from .plan import Plan, Step

if TYPE_CHECKING:
    from .client import Client

# What the server calls a step's status, in the words of plans that people write about.
STATUSES = {"done": "completed", "leased": "running", "waiting": "running", "retry_wait": "running", "ready": "pending",
            "blocked": "pending"}

ROLLED_BACK = "rolled_back"
BACK_FAILED = ("needs_operator", "closed_mixed")
BEFORE_APPROVAL = ("draft", "planned", "rejected")  # rollouts have ids from the approval on


class RolloutId(str):
    """Id of a rollout, which knows whom to ask about it."""

    client: Optional["Client"] = None


class Params(dict):
    """Params of a live step: those of the plan, and `rollout_id` beside them.

    `rollout_id` is the id of the step's rollout, a tuple of ids where it rolls out several services, and None for a step
    that rolls out none.
    """

    def __init__(self, step: "LiveStep", values: Dict[str, Any]):
        super().__init__(values)
        self.step = step
        self["rollout_id"] = step.rollout_id


class LiveStep(Step):
    """A step of a live plan."""

    def __init__(self, plan: "LivePlan", planned: Dict[str, Any], seen: Dict[str, Any]):
        super().__init__(planned["name"], planned["action"], planned.get("params"))
        self.plan = plan
        self.text: str = planned.get("text", "")
        self.irreversible: bool = planned.get("irreversible", False)
        status = seen.get("status", "blocked")
        self.status = STATUSES.get(status, status)
        self.error: Optional[str] = seen.get("error")
        self.params: Params = Params(self, self.params)

    def tasks(self) -> List[Dict[str, Any]]:
        """What the step was split into, as the server has it."""
        return list(self.plan.client.pages(f"/migrations/{self.plan.id}/tasks?step={quote(self.name or '')}"))

    @property
    def result(self) -> Dict[str, Any]:
        """What the step found or did; {} before its end."""
        page = self.plan.client.get(f"/migrations/{self.plan.id}/tasks?step={quote(self.name or '')}&limit=1")
        items = page["items"]
        return items[0].get("evidence") or {} if items else {}

    @property
    def rollout_id(self) -> Union[None, RolloutId, Tuple[RolloutId, ...]]:
        """See Params."""
        if self.action != "rollout" or self.plan.state in BEFORE_APPROVAL:
            return None
        ids = []
        for service in self.plan.document.get("services", []):
            if not service.get("problem"):
                rollout = RolloutId(f"{self.plan.id}.{service['service']}")
                rollout.client = self.plan.client
                ids.append(rollout)
        if not ids:
            return None
        return ids[0] if len(ids) == 1 else tuple(ids)


class LivePlan(Plan):
    """A migration's plan on a server. `state` is that of docs/formats/api.md: planned, approved, running, succeeded, …"""

    def __init__(self, client: "Client", migration: str):
        super().__init__()
        self.client = client
        self.id = migration
        self.refresh()

    def refresh(self) -> "LivePlan":
        """Look again; this plan, as it is now."""
        seen = self._look()
        self.id = seen["id"]
        self.migration: str = seen.get("migration", "")
        self.digest: Optional[str] = seen.get("digest")
        self.document: Dict[str, Any] = {}
        self.steps = []
        if self.digest is not None:
            self.document = self.client.get(f"/migrations/{self.id}/plan")["plan"]
            self.name = self.document["name"]
            states = {step["name"]: step for step in seen.get("steps", [])}
            self.steps = [LiveStep(self, step, states.get(step["name"], {})) for step in self.document["steps"]]
        return self

    def _look(self) -> Dict[str, Any]:
        """State and reasons alone: the steps stay as they were seen."""
        self.seen = self.client.get(f"/migrations/{quote(self.id, safe='')}")
        self.state: str = self.seen["state"]
        return self.seen

    def _act(self, word: str, body: Optional[Dict[str, Any]] = None, reason: Optional[str] = None) -> None:
        body = dict(body or {})
        if reason is not None:
            body["reason"] = reason
        self.client.post(f"/migrations/{self.id}/{word}", body)

    def wait(self, *states: str, timeout: Optional[float] = None) -> "LivePlan":
        """Poll until the plan is in one of these states; nothing is assumed."""
        if not self.client.wait(lambda: self._look()["state"] in states, timeout):
            raise HonkError(f"'{self.migration}' is {self.state} after {timeout:g} s, not {' or '.join(states)}: {self.why()}")
        return self.refresh()

    def wait_planned(self, timeout: Optional[float] = None) -> "LivePlan":
        """Until the plan is made; a HonkError says why it cannot be."""
        self.client.wait(lambda: self._look()["state"] != "draft" or self.seen.get("diagnostics"), timeout)
        if self.state == "draft":
            raise HonkError(f"'{self.migration}' cannot be planned: {self.why()}")
        return self.refresh()

    def why(self) -> str:
        """Why it is where it is, in one line."""
        found = [item["message"] for item in self.seen.get("diagnostics") or [] if item.get("level") != "note"]
        errors = [f"{step['name']}: {step['error']}" for step in self.seen.get("steps") or [] if step.get("error")]
        return "; ".join(found + errors) or self.seen.get("reason") or self.state

    def approve(self, reason: Optional[str] = None) -> "LivePlan":
        """Say yes to exactly the digest that is seen here. By default the plan's author may not."""
        self._act("approve", {"digest": self.digest}, reason)
        return self.refresh()

    def start(self, reason: Optional[str] = None) -> "LivePlan":
        """Start the approved plan; it runs on the server's side, `wait()` polls it."""
        self._act("start", reason=reason)
        return self.refresh()

    def rollback(self, give_up_rows: bool = False, reason: Optional[str] = None, timeout: Optional[float] = None) -> "LivePlan":
        """Take all of it back, in reverse order, and wait until it is. Asking twice is asking once.

        The end state was compared with the start when this returns. Otherwise a HonkError says what a person must decide.
        """
        if self._look()["state"] != ROLLED_BACK:
            self._act("rollback", {"give_up_rows": give_up_rows}, reason)
            self.wait(ROLLED_BACK, *BACK_FAILED, timeout=timeout)
        if self.state in BACK_FAILED:
            raise HonkError(f"the rollback of '{self.migration}' needs a person: {self.why()}")
        return self
