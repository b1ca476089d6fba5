select r.id, u.code from {{ ref('readers', v=1) }} r join {{ ref('users') }} u on u.id = r.id
