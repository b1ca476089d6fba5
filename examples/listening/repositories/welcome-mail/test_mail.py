import unittest

import mail


class Letters(unittest.TestCase):
    def test_people_are_greeted_in_their_language(self):
        self.assertEqual(mail.letter("Nils", "nils@mail.example", "SE"), "To: nils@mail.example\nHej Nils, welcome to Listening!\n")
        self.assertIn("Hello Ann,", mail.letter("Ann", "ann@mail.example", "UK"))
        self.assertIn("Yassou Eleni,", mail.letter("Eleni", "eleni@mail.example", "EL"))

    def test_elsewhere_they_are_dear_to_us(self):
        self.assertIn("Dear Anna,", mail.letter("Anna", "anna@mail.example", "PL"))


if __name__ == "__main__":
    unittest.main()
