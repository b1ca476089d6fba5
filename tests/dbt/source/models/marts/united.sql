select id, plan from {{ ref('stg_people') }}
union all by name
select plan, code as id from {{ source('shop', 'people') }} where not id in (select user_id from {{ ref('stg_cups') }})
