# An agent of our own, with the interfaces that the tutorial's uses.
import yaml
from honk import Agent, Plan, Step


class OurAgent(Agent):
    def generate_plan(self, entity):
        wish = entity['spec']
        here, there = wish['source_dataset'], wish['target_dataset']
        plan = Plan(name=f"migrate-{here}-to-{there}")
        if wish['migration_strategy'] == 'schema-transform':
            plan.add_step(Step(name='validate-schema', action='validate', params={'source': here, 'target': there}))
            plan.add_step(Step(name='transform-data', action='transform', params={'mapping_file': wish['mapping_file']}))
        else:
            plan.add_step(Step(name='copy-dataset', action='copy', params={'source': here, 'target': there}))
        yaml.safe_dump(plan.to_dict())
        return plan
