INSERT INTO target (contract_no, born, opened_at, closed_on, due_on, score, amount, fee, points, comment)
SELECT number, born, opened,
       substr(closed, 7, 4) || '-' || substr(closed, 4, 2) || '-' || substr(closed, 1, 2), replace(due, '/', '-'),
       score, amount, fee, CAST(points AS TEXT), coalesce(comment, '')
FROM source;
