"""Text that exists twice: as it is, and as a good engineer would leave it. `⟦id→member_id⟧` is `id` first and `member_id` then."""
import re

MARK = re.compile(r"⟦([^→⟧]*)→([^⟧]*)⟧")


def before(text):
    return MARK.sub(r"\1", text)


def after(text):
    return MARK.sub(r"\2", text)


def changes(text):
    return len(MARK.findall(text))
