select
    l.listener_id,
    l.first_name,
    p.year,
    count(*) as plays
from {{ ref('stg_plays') }} as p
join {{ ref('stg_listeners') }} as l on l.listener_id = p.listener_id
group by 1, 2, 3
