SELECT * FROM users_v1 WHERE email = 'listener54@mail.example'
