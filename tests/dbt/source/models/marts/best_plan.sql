select cup_id, {{ plan_of(source('shop', 'people')) }} as p from {{ ref('stg_cups') }}
