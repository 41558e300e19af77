"""The only door to git: the git program (`process`), pygit2 (`repo`), and what git keeps where."""
