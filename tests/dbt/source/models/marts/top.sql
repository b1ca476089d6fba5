{%- call statement('most', fetch_result=True) -%}
select max(id) as top from {{ source('shop', 'people') }}
{%- endcall -%}
select id, {{ load_result('most')['data'][0][0] }} as top from {{ source('shop', 'people') }}
