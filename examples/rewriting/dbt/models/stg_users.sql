-- One row for each card; `plan` is what people pay.
select id, branch, plan
from {{ source('lending', 'users') }}
where plan != 'free'
