select {% for c in adapter.get_columns_in_relation(source('shop', 'people')) %}{{ c.name }}{{ ', ' if not loop.last }}{% endfor %}
from {{ source('shop', 'people') }}
