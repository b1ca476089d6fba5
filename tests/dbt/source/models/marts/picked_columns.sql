{% set names = ['id', 'plan'] %}
select {{ picked(names, 'p') }} from {{ source('shop', 'people') }} p
