"""Which file an import means: the view `import_targets`, computed in SQL when it is queried.

Each module here knows one way in which languages find what is imported. It gives common table expressions
for the one statement in `view`, which read `sites` (the imports) and `code` (the sources of the dataset), and
ends in tables of candidates:

- `..._exact` (id, repo, ord, way, target): a path in the same repository;
- `..._endings` (id, repo, ord, target): the end of a path, which no other file may have;
- `..._found` (id, ord, way, target_file_id, target_folder): files or folders themselves.

Of an import's candidates those with the least `ord` count, and only if they are one file: nothing is
guessed.

Candidates carry `repo`, and what a join compares is a column before it: a planner that underrates the tables
would else join all imports of a repository with all its files first, and look at the rest after.
"""
