select u.id, u.code from {{ ref('users') }} u where plan = 'pro'
