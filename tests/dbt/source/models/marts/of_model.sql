select s.id, s.plan, max(s.code) over (partition by s.country) as code from {{ ref('stg_people') }} s
