select p.id, p.plan from {{ raw('people') }} p
