"""Every night: the cards of one branch, as a file."""
from google.cloud import bigquery

TABLE = "acme-prod.lending.users"


def cards(client: bigquery.Client, branch: str):
    query = f"""
        SELECT id, plan  -- what the printer needs
        FROM `{TABLE}`
        WHERE branch = @branch
    """
    return client.query(query, job_config=bigquery.QueryJobConfig(
        query_parameters=[bigquery.ScalarQueryParameter("branch", "STRING", branch)]))
