{{ config(materialized='view') }}

select
    id as play_id,
    user_id as listener_id,
    track,
    substr(started, 7, 4) as year
from {{ source('listening', 'streams_v1') }}
