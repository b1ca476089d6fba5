{% snapshot kept_people %}
{{ config(target_schema='main', unique_key='id', strategy='check', check_cols=['plan', 'name']) }}
select id, name, plan from {{ source('shop', 'people') }}
{% endsnapshot %}
