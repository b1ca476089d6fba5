select c.cup_id, p.name, p.plan, c.id as other
from {{ source('shop', 'cups') }} c left join {{ source('shop', 'people') }} p on p.id = c.user_id
