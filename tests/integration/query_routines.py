"""Routines in random scripts: loops over rows, records, cursors, SQL that is put together; in PL/pgSQL and in MariaDB."""
from query_values import DEPTH_MAX, Scope, Source
from query_world import INTS, is_int

RUN = "SELECT f() AS c1"


class Routines:
    """A part of the Writer (query_writer.py)."""

    def numbers(self, table):
        return [column for column in table.old_columns() if is_int(column)]

    def rows_in_order(self, table, alias=""):
        """All rows, of which the order is certain."""
        keys = ", ".join(str(i + 1) for i in range(len(table.old_columns())))
        return f"SELECT {alias + '.' if alias else ''}* FROM {table.old} {alias} ORDER BY {keys}"

    def in_function(self, declared, body):
        return f"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ DECLARE {declared}s int := 0; BEGIN {body} RETURN s; END $$;\n{RUN}"

    def routine(self):
        kinds = [self.loop, self.one_row, self.typed, self.gives_table, self.gives_rows, self.put_together, self.cursor, self.returned_into]
        return self.chance.choice(kinds)()

    def procedure(self):
        return self.chance.choice([self.plain_function, self.plain_cursor, self.plain_prepared])()

    # ---- PL/pgSQL ----

    def loop(self):
        """A record that a loop fills: with all columns, or with some that have names."""
        table, other, row = self.table(), self.table(), self.chance.choice(["r", "n", "rec"])
        scope = self.scope_of(table, "t")
        number = self.chance.choice(self.numbers(table))
        if self.luck(0.6):
            query, field = self.rows_in_order(table, self.chance.choice(["", "t"])), number
        else:
            field = self.chance.choice([number, "c1", self.chance.choice(INTS)])
            query = f"SELECT t.{number}{'' if field == number else ' AS ' + field}, count(*) AS c2 FROM {table.old} t WHERE {self.condition(scope, DEPTH_MAX)} GROUP BY 1"
        theirs = self.chance.choice(self.numbers(other))
        more = f" UPDATE {other.old} SET {theirs} = {row}.{field} WHERE {theirs} IS NULL;" if self.luck(0.4) and other is not table else ""
        declared = self.chance.choice([f"{row} record; ", f"{row} record; ", f"{row} {table.old}%ROWTYPE; "])
        return self.in_function(declared, f"FOR {row} IN {query} LOOP s := s + coalesce({row}.{field}, 1);{more} END LOOP;")

    def one_row(self):
        table = self.table()
        number = self.chance.choice(self.numbers(table))
        column = self.chance.choice(table.old_columns())
        change = self.chance.choice(["", f"r.{column} := {self.literal(column)}; INSERT INTO {table.old} VALUES (r.*); ",
                                     f"UPDATE {table.old} SET {column} = r.{column} WHERE {number} = r.{number}; "])
        return self.in_function(f"r {table.old}%ROWTYPE; ", f"{self.rows_in_order(table).replace('SELECT *', 'SELECT * INTO r')} LIMIT 1; {change}s := r.{number};")

    def typed(self):
        table = self.table()
        number, column = self.chance.choice(self.numbers(table)), self.chance.choice(table.old_columns())
        scope = self.scope_of(table, table.old)
        return self.in_function(f"v {table.old}.{column}%TYPE; ", f"SELECT max({column}) INTO v FROM {table.old} WHERE {self.condition(scope, 1)}; "
                                f"SELECT count(*) + max({number}) INTO s FROM {table.old} WHERE {table.old}.{column} = v;")

    def gives_table(self):
        """RETURNS TABLE, whose columns are called like those of the table, perhaps."""
        table = self.table()
        number, name = self.chance.choice(self.numbers(table)), self.chance.choice(["c1", "c1", self.chance.choice(INTS)])
        sql = f"SELECT t.{number} FROM {table.old} AS t WHERE t.{number} {self.chance.choice(['=', '>', '<>'])} 2"
        body = self.chance.choice([f"LANGUAGE sql AS $$ {sql} $$", f"LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY {sql}; END $$"])
        return f"CREATE FUNCTION f() RETURNS TABLE ({name} int) {body};\nSELECT x.{name} AS c2 FROM f() AS x ORDER BY 1"

    def gives_rows(self):
        table = self.table()
        column = self.chance.choice(table.old_columns())
        sql = f"SELECT * FROM {table.old} WHERE {column} IS NOT NULL"
        body = self.chance.choice([f"LANGUAGE sql AS $$ {sql} $$", f"LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY {sql}; END $$"])
        return f"CREATE FUNCTION f() RETURNS SETOF {table.old} {body};\nSELECT {self.chance.choice(['', 'f.'])}{column} AS c1 FROM f() ORDER BY 1"

    def put_together(self):
        table = self.table()
        number, column = self.chance.choice(self.numbers(table)), self.chance.choice(table.old_columns())
        value = "quote_literal('red')" if not is_int(column) else "2"
        text = self.chance.choice([f"'SELECT max({number}) FROM {table.old} WHERE {column} = ' || {value}", f"concat('SELECT max({number}) FROM {table.old} WHERE {column} = ', {value})",
                                   f"format('SELECT max({number}) FROM {table.old} WHERE {column} = %L', {value})", f"format('SELECT max(%I) FROM %I', '{number}', '{table.old}')",
                                   f"'SELECT max({number}) FROM ' || quote_ident('{table.old}')"])
        return self.in_function("", f"EXECUTE {text} INTO s;")

    def cursor(self):
        table = self.table()
        number = self.chance.choice(self.numbers(table))
        query = self.chance.choice([self.rows_in_order(table), f"SELECT {number} FROM {table.old} ORDER BY 1"])
        body = self.chance.choice([f"FOR r IN c LOOP s := s + coalesce(r.{number}, 1); END LOOP;",
                                   f"OPEN c; LOOP FETCH c INTO r; EXIT WHEN NOT FOUND; s := s * 2 + coalesce(r.{number}, 1); END LOOP; CLOSE c;"])
        return self.in_function(f"c CURSOR FOR {query}; r record; ", body)

    def returned_into(self):
        table = self.table()
        number, column = self.chance.choice(self.numbers(table)), self.chance.choice(table.old_columns())
        names = self.chance.sample(table.old_columns(), 2)
        change = self.chance.choice([f"INSERT INTO {table.old} ({', '.join(names)}) VALUES ({', '.join(map(self.literal, names))}) RETURNING {number} INTO s;",
                                     f"UPDATE {table.old} SET {column} = {self.literal(column)} WHERE {number} IS NULL; GET DIAGNOSTICS s = ROW_COUNT;",
                                     f"PERFORM 1 FROM {table.old} WHERE {column} = {self.literal(column)}; IF FOUND THEN s := 1; END IF;",
                                     f"s := (SELECT count({column}) FROM {table.old}); s := s + max({number}) FROM {table.old} AS t WHERE t.{number} < 9;"])
        return self.in_function("", change)

    # ---- MariaDB ----

    def plain_function(self):
        table, parameter = self.table(), self.chance.choice(["p", "p", "want"])
        number, scope = self.chance.choice(self.numbers(table)), Scope()
        scope.sources.append(Source(table.old, table.old_columns()))
        query = f"SELECT max({self.expression(scope, 'k', DEPTH_MAX)}) FROM {table.old} WHERE {table.old}.{number} >= {parameter}"
        body = self.chance.choice([f"RETURN ({query})", f"BEGIN DECLARE found int; {query.replace(' FROM', ' INTO found FROM', 1)}; RETURN found; END"])
        return f"CREATE FUNCTION f({parameter} int) RETURNS int READS SQL DATA {body};\n{self.called('f')}"

    def plain_cursor(self):
        table, other = self.table(), self.table()
        number, theirs = self.chance.choice(self.numbers(table)), self.chance.choice(self.numbers(other))
        change = f"UPDATE {other.old} SET {theirs} = one WHERE {theirs} = one + 1; " if self.luck(0.5) and other is not table else ""
        return ("CREATE FUNCTION f() RETURNS int MODIFIES SQL DATA BEGIN DECLARE done, one, s int DEFAULT 0; "
                f"DECLARE c CURSOR FOR SELECT {number} FROM {table.old} ORDER BY 1; DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; "
                f"OPEN c; l: LOOP FETCH c INTO one; IF done THEN LEAVE l; END IF; {change}SET s = s * 2 + coalesce(one, 1); END LOOP; CLOSE c; RETURN s; END;\n{RUN}")

    def plain_prepared(self):
        table = self.table()
        number, column = self.chance.choice(self.numbers(table)), self.chance.choice(table.old_columns())
        value = "'''red'''" if not is_int(column) else "2"
        text = self.chance.choice([f"CONCAT('SELECT max({number}) AS c1 FROM {table.old} WHERE {column} = ', {value})",
                                   f"CONCAT('SELECT max({number}) AS c1 FROM {table.old}', ' WHERE ', '{column} IS NOT NULL')"])
        if self.luck(0.4):
            return f"EXECUTE IMMEDIATE {text}"
        return f"SET @q = {text};\nPREPARE s FROM @q;\nEXECUTE s"
