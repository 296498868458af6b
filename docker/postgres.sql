-- What a new Postgres is given, in Docker and by scripts/services alike.

create role scenarios login createdb password 'scenarios';
create database scenarios owner scenarios;

-- Always asked for its password (scram), even where others are trusted:
-- somebody to be refused when a test gives a wrong one.
create role locked login password 'open-sesame';

-- The benchmark of the filling lets nobody begin with what another has left to be
-- written. Before version 15 only an administrator may do that.
do $$ begin
    if exists (select from pg_roles where rolname = 'pg_checkpoint') then
        grant pg_checkpoint to scenarios;
    end if;
end $$;
