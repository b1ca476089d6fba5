select label from {{ ref('tiers') }} where plan in (select plan from {{ ref('members') }}) and price > 1
