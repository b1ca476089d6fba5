{% set paying %} plan = 'pro' {% endset %}
select id as k from {{ source('shop', 'people') }} where {{ paying }}
