with p as (select id as user_id, plan from {{ source('shop', 'people') }})
select user_id, plan, count(*) n from {{ ref('stg_cups') }} join p using (user_id) group by all
