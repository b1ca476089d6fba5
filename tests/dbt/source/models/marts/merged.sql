{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key=['id', 'plan']) }}
select p.id, p.plan, count(c.cup_id) as cups
from {{ source('shop', 'people') }} as p
left join {{ ref('stg_cups') }} as c on c.user_id = p.id
{% if is_incremental() %}
where p.id not in (select id from {{ this }} as t where t.plan = p.plan)
{% endif %}
group by p.id, p.plan
