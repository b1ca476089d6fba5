"""What Honk keeps beside the data is dropped by hand: the way back names what is left, and the statement that removes it."""
import unittest

import mariadb_world
import postgres_world
import support

NAME = "users-v2-migration"
LONG = "UPDATE users_v1 SET last_name = repeat('x', 60) WHERE id % 2 = 0"


class ByHand(unittest.TestCase):
    def begin(self, server, world, before=""):
        self.server = server
        self.addCleanup(server.close)
        self.world = world(server, "shop", rows=200)
        self.addCleanup(self.world.close)
        self.server.sql(before)
        self.world.serve()
        self.world.plan(self.world.migration(NAME))
        return self.world.run(NAME)

    def taken_back(self):
        self.world.honk("rollback", NAME, "--reason", "x", user="user:default/bo", check=False)
        support.eventually(lambda: self.world.state(NAME) in ("needs_operator", "rolled_back"))
        return self.world.seen(NAME)["reason"]

    def forget(self, is_postgres):
        tables = "" if is_postgres else ", ".join(name for name in self.server.sql("SHOW TABLES").split() if name.startswith("_honk"))
        self.server.sql("DROP SCHEMA _honk CASCADE" if is_postgres else f"DROP TABLE {tables}")

    def look_at_stage(self, server, world, before, statement):
        seen = self.begin(server, world, before)
        self.assertEqual(seen["state"], "halted")
        self.assertRegex(seen["reason"], "^step 'transform-data' failed: budget: 1,500 of 3,000 rows did not fit")
        self.forget(world is postgres_world.World)
        said = self.taken_back()
        self.assertRegex(said, statement)
        self.server.sql(said.split("remove it with `")[1].split(", and roll")[0][:-1])
        self.taken_back()
        support.eventually(lambda: self.world.state(NAME) == "rolled_back")

    def test_a_stage_of_postgres_is_named_and_its_removal_lets_the_way_back_end(self):
        self.look_at_stage(postgres_world.Postgres(), postgres_world.World, LONG,
                           'DROP TABLE "public"."users_v2__honk_[0-9a-f]+"`, and roll back once more')

    def test_a_stage_of_mariadb_is_named_and_its_removal_lets_the_way_back_end(self):
        self.look_at_stage(mariadb_world.Mariadb(), mariadb_world.World, f"ALTER TABLE users_v1 MODIFY last_name varchar(80) NOT NULL; {LONG}",
                           "DROP TABLE `shop`.`users_v2__honk_[0-9a-f]+``, and roll back once more")

    def look_at_swap(self, server, world, statement):
        self.assertEqual(self.begin(server, world, "SELECT 1")["state"], "succeeded")
        self.forget(world is postgres_world.World)
        self.assertRegex(self.taken_back(), statement)
        self.assertEqual(self.world.state(NAME), "needs_operator")

    def test_tables_of_postgres_that_were_swapped_are_named_with_what_renames_them(self):
        self.look_at_swap(postgres_world.Postgres(), postgres_world.World,
                          "ALTER TABLE public.users_v2 RENAME TO users_v2__honk_lost_[0-9a-z]+; "
                          "ALTER TABLE public.users_v2__honk_[0-9a-f]+_kept RENAME TO users_v2`")

    def test_tables_of_mariadb_that_were_swapped_are_named_with_what_renames_them(self):
        self.look_at_swap(mariadb_world.Mariadb(), mariadb_world.World,
                          "ALTER TABLE users_v2 RENAME TO users_v2__honk_lost_[0-9a-z]+; "
                          "ALTER TABLE users_v2__honk_[0-9a-f]+_kept RENAME TO users_v2`")


if __name__ == "__main__":
    unittest.main()
