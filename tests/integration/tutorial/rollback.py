# A loop of our own, with the interfaces that the tutorial's uses.
def rollback(plan: Plan):
    for step in reversed(plan.steps):
        if step.status == 'completed':
            undo = reverse_mapping[step.action]
            undo(step.params)
            fleet_manager.rollback(step.params['rollout_id'])
