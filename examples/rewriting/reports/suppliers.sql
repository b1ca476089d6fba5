-- Another dataset's users: those who sell us books.
WITH recent AS (SELECT id, plan FROM `acme-prod.suppliers.users`)
SELECT id, plan FROM recent;
