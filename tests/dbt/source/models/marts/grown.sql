{{ config(materialized='incremental', unique_key='id', on_schema_change='fail') }}
select id, plan, created from {{ source('shop', 'people') }}
{% if is_incremental() %} where created > (select max(created) from {{ this }}) {% endif %}
