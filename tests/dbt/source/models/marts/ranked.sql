{{ config(post_hook="delete from {{ this }} where id = 2") }}
select id, row_number() over (partition by country order by created, id) as place,
    exists (select 1 from {{ ref('stg_cups') }} where user_id = people.id) as drinks
from {{ source('shop', 'people') }} as people
qualify place < 3
order by id
