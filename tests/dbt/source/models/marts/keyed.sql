select {{ text_key(['id', 'created']) }} as k, id from {{ source('shop', 'people') }}
