WITH active AS (
  SELECT * FROM `acme-prod.lending.users` WHERE plan != 'free'
)
SELECT branch, id FROM active ORDER BY id;
