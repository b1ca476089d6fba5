select plan, min(created) as created, max(id) as id from {{ ref('brew', 'users') }} group by 1 having min(id) > 0
