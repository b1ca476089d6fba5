{%- set dims = ['plan', 'country'] -%}
{% for d in dims %}
select '{{ d }}' as dim, {{ d }} as val, count(*) as n from {{ source('shop', 'people') }} group by {{ d }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
