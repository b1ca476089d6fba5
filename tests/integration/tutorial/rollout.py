# A call of our own, as the tutorial's.
import requests

def trigger_rollout(service_name, migration_id):
    payload = {
        'service': service_name,
        'migration_id': migration_id,
        'rollout_strategy': 'canary',
        'max_instances': 5
    }
    response = requests.post(
        'https://fleet-manager.internal/rollouts',
        json=payload
    )
    response.raise_for_status()
    return response.json()['rollout_id']
