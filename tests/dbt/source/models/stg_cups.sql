select cup_id, user_id, size from {{ source('shop', 'cups') }}
