with source as (
    select * from {{ source('shop', 'people') }}
),

cleaned as (
    select id, code, name, plan, country, cast(created as date) as created
    from source
    where created >= '{{ var("first_day") }}'
)

select * from cleaned
