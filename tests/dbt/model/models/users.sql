select i as id, 100 + i as code, case when i % 2 = 0 then 'pro' else 'free' end as plan, date '2026-01-01' + i::int as created
from range(1, 9) as r(i)
