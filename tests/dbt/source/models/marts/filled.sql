{#- quotes of templates within those of SQL, of both kinds -#}
select id, {{ 'plan' }} as p, '{{ var('first_day') }} id' as since
from {{ source('shop', 'people') }}
where created >= '{{ var("first_day") }}' and plan <> '{{ "it's plan" | replace("'", "''") }}' {# it's plan #}
