{% if target.name == 'prod' %}
select id, plan as what from {{ source('shop', 'people') }}
{% else %}
select id, country as what from {{ source('shop', 'people') }} where plan <> 'none'
{% endif %}
