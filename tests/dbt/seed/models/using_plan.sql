select plan, count(*) as n, sum(t.price) as price from {{ ref('members') }} m join {{ ref('tiers') }} t using (plan) group by plan
