select m.who, m.plan, t.label, t.price from {{ ref('members') }} m join {{ ref('tiers') }} t on t.plan = m.plan
