select id, plan from {{ ref('users') }}
