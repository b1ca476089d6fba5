"""Agents for Honk, and a client of its server.

    from honk import Agent, Plan, Step          # write an agent: sdk/python/README.md
    from honk import Client                     # follow a migration, approve, start, roll back
    from honk import fleet_manager, reverse_mapping
"""
from . import fleet_manager
from .agent import Agent
from .client import Client
from .errors import HonkError
from .live import LivePlan, LiveStep
from .plan import Plan, Step
from .reverse import reverse_mapping

__all__ = ["Agent", "Client", "HonkError", "LivePlan", "LiveStep", "Plan", "Step", "fleet_manager", "reverse_mapping"]
__version__ = "0.1.0"
