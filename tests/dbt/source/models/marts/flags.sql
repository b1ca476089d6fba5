select country, {{ flags(['pro', 'free'], 'plan') }} from {{ source('shop', 'people') }} group by country
