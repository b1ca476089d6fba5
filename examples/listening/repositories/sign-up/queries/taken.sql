SELECT id FROM "users_v1" WHERE email = :email
