{% macro raw(name) %}{{ return(source('shop', name)) }}{% endmacro %}

{% macro is_paying(column) %}{{ column }} = 'pro'{% endmacro %}

{% macro newest(relation, key, at) %}
select {{ key }} as k, max({{ at }}) as latest from {{ relation }} group by {{ key }}
{% endmacro %}

{% macro plan_of(relation) %}
(select max(plan) from {{ relation }})
{% endmacro %}

{% macro flags(values, column) %}
{% for v in values %}sum(case when {{ column }} = '{{ v }}' then 1 else 0 end) as {{ v }}_n{{ ',' if not loop.last }}{% endfor %}
{% endmacro %}

{% macro picked(names, alias) %}{% for n in names %}{{ alias }}.{{ n }}{{ ', ' if not loop.last }}{% endfor %}{% endmacro %}

{% macro counted(relation) %}
{% set found = run_query("select count(distinct plan) as n from " ~ relation) %}
{{ return(found.columns[0][0] if execute else 0) }}
{% endmacro %}

{% macro text_key(names) %}concat_ws('-', {% for n in names %}cast({{ n }} as varchar){{ ', ' if not loop.last }}{% endfor %}){% endmacro %}

{% test positive(model, column_name) %}
select * from {{ model }} where {{ column_name }} <= 1
{% endtest %}

{% test no_code(model, than) %}
select * from {{ model }} where {{ than }} < 3
{% endtest %}

{% macro latest_rows(relation, key, at, least=0) %}
    {%- if key is string -%}{%- set keys = key -%}{%- else -%}{%- set keys = key | join(', ') -%}{%- endif -%}
select *, count(*) over (partition by {{ keys }}) as how_often
from {{ relation }}
qualify row_number() over (partition by {{ keys }} order by {{ at }} desc) = 1 and how_often > {{ least }}
{% endmacro %}
