SELECT *
FROM `acme-prod.lending.users`;
