{{ config(materialized='view') }}

-- one row for each listener
select
    id as listener_id,
    first_name,
    birth_year
from {{ source('listening', 'users_v1') }}
