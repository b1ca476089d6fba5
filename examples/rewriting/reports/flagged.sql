SELECT id
FROM `acme-prod.library.users`
WHERE legacy_flag = 1;
