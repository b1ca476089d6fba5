{% set q %}select distinct plan from {{ source('shop', 'people') }} order by 1{% endset %}
{% set plans = run_query(q).columns[0].values() if execute else [] %}
select {% for p in plans %}count(*) filter (where plan = '{{ p }}') as n_{{ p }}, {% endfor %} max(id) as top from {{ source('shop', 'people') }}
