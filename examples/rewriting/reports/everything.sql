SELECT *
FROM `acme-prod.library.users`;
