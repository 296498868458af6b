-- What a new Postgres is given, in Docker and by scripts/services alike.

create role scenarios login createdb password 'scenarios';
create database scenarios owner scenarios;

-- Always asked for its password (scram), even where others are trusted:
-- somebody to be refused when a test gives a wrong one.
create role locked login password 'open-sesame';
