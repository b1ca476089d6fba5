{{ config(severity='warn') }}
select c.cup_id from {{ ref('stg_cups') }} c left join {{ source('shop', 'people') }} p on p.id = c.user_id where p.id is null
