select plan, count(id) as members
from {{ ref('stg_users') }}
group by plan
