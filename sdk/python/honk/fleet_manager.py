"""Rollouts of services: start one, ask about it, take it back. Everything is polled to its end, nothing is assumed."""
import time
from typing import Any, Dict, Iterable, Optional, Union

from .client import Client
from .errors import HonkError
from .live import RolloutId

BACK = ("rolled_back", "skipped", "superseded")
DONE = ("healthy", *BACK)
POLL_S = 0.5


def _client_of(rollout_id: str, client: Optional[Client]) -> Client:
    if client is None and isinstance(rollout_id, RolloutId):
        client = rollout_id.client
    return client if client is not None else Client()


def status(rollout_id: str, client: Optional[Client] = None) -> Dict[str, Any]:
    """A rollout as it is now; `state` is one of those in docs/formats/api.md."""
    return _client_of(rollout_id, client).get(f"/rollouts/{rollout_id}")


def wait(rollout_id: str, states: Iterable[str] = DONE, timeout: Optional[float] = None,
         client: Optional[Client] = None) -> Dict[str, Any]:
    """Poll until the rollout is in one of these states."""
    client = _client_of(rollout_id, client)
    wanted = tuple(states)
    deadline = time.monotonic() + timeout if timeout is not None else None
    while True:
        rollout = status(rollout_id, client)
        if rollout["state"] in wanted:
            return rollout
        if rollout["state"] in DONE:
            raise HonkError(f"rollout '{rollout_id}' is {rollout['state']}, not {' or '.join(wanted)}: {rollout.get('why') or 'it is over'}")
        if deadline is not None and time.monotonic() > deadline:
            raise HonkError(f"rollout '{rollout_id}' is {rollout['state']} after {timeout:g} s, not {' or '.join(wanted)}")
        time.sleep(POLL_S)


def trigger_rollout(service_name: str, migration_id: Optional[str] = None, rollout_strategy: Optional[str] = None,
                    max_instances: Optional[int] = None, client: Optional[Client] = None) -> str:
    """Ask for the rollout that an approved plan under way has for the service, or, as an operator and without a migration, for one of
    its own; its id. Strategy and number are those that were approved, or those of the service's group."""
    payload = {"service": service_name, "migration_id": migration_id, "rollout_strategy": rollout_strategy,
               "max_instances": max_instances}
    client = client if client is not None else Client()
    answer = client.post("/rollouts", {name: value for name, value in payload.items() if value is not None})
    rollout = RolloutId(answer["rollout_id"])
    rollout.client = client
    return rollout


def rollback(rollout_id: Union[None, str, Iterable[str]], timeout: Optional[float] = None, client: Optional[Client] = None) -> None:
    """Take a rollout back, and wait until its services run what they ran before. Asking twice is asking once.

    None (a step that rolled nothing out) is nothing to do; several ids are taken back one after another.
    """
    if rollout_id is None:
        return
    if not isinstance(rollout_id, str):
        for one in rollout_id:
            rollback(one, timeout, client)
        return
    client = _client_of(rollout_id, client)
    if status(rollout_id, client)["state"] not in BACK:
        client.post(f"/rollouts/{rollout_id}/rollback")
        wait(rollout_id, BACK, timeout, client)
