"""The page about types is what the program knows about them."""
import pathlib
import unittest

import support

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "types.md"


class Types(unittest.TestCase):
    def test_the_page_is_what_the_program_prints(self):
        project = support.Project()
        self.addCleanup(project.close)
        self.assertEqual(project.honk("mapping", "types").stdout, PAGE.read_text(), "run `make types`")

    def test_every_store_and_cast_is_there_for_programs_too(self):
        project = support.Project()
        self.addCleanup(project.close)
        types = project.json("mapping", "types")
        self.assertEqual(types["casts"]["decimal"]["int"], "lossy")
        self.assertEqual(types["mariadb"]["bigint(20) unsigned"], "decimal")
        self.assertEqual(types["postgres"]["jsonb"], "text")
        self.assertEqual(types["redis"]["end of a row"], "timestamp")


if __name__ == "__main__":
    unittest.main()
