INSERT INTO people VALUES (5, 105, 'Eve', 'trial', 'FR', DATE '2026-05-01');
UPDATE people SET plan = 'free' WHERE id = 1;
