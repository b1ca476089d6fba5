select id, name, {{ is_paying('plan') }} as paying from {{ source('shop', 'people') }} where {{ is_paying('plan') }}
