SELECT id
FROM `acme-prod.lending.users`
WHERE legacy_flag = 1;
