//! What a generator puts into a database.

use database_test::{Place, on_both};

use crate::support::Generator;

on_both! {
    every_municipality_is_there_once_per_copy
    a_second_run_adds_to_the_first
    a_reset_starts_over
    ids_have_no_gaps
    states_that_are_there_already_keep_their_ids
    states_of_another_country_are_an_error
    empty_tables_are_filled
}

fn every_municipality_is_there_once_per_copy(place: &Place) {
    place.generate(&["--copies", "3"]);
    place.assert_holds_copies(3);
    assert_eq!(place.integer("SELECT count(*) FROM states"), 27);
    let distinct = "SELECT count(*) FROM (SELECT DISTINCT name, state_id FROM cities) AS d";
    assert_eq!(place.integer(distinct), 5_571);
    let three_times = "\
        SELECT count(*) FROM (\
            SELECT 1 FROM cities GROUP BY name, state_id HAVING count(*) = 3\
        ) AS t";
    assert_eq!(place.integer(three_times), 5_571);
    let in_goias = "\
        SELECT count(*) FROM cities c JOIN states s ON c.state_id = s.id \
        WHERE s.state = 'GO' AND s.long_name = 'Goiás'";
    assert_eq!(place.integer(in_goias), 3 * 246);
    assert_eq!(place.integer("SELECT count(*) FROM cities WHERE name = 'São Paulo'"), 3);
}

fn a_second_run_adds_to_the_first(place: &Place) {
    place.generate(&["--copies", "2"]);
    let ran = place.generate(&["--copies", "1"]);
    place.assert_holds_copies(3);
    assert!(ran.stdout.starts_with("16,713 cities in "), "{}", ran.stdout);
    assert_eq!(place.integer("SELECT count(*) FROM states"), 27);
}

fn a_reset_starts_over(place: &Place) {
    place.generate(&["--copies", "2"]);
    place.generate(&["--copies", "1", "--reset", "--yes"]);
    place.assert_holds_copies(1);
    assert_eq!(place.integer("SELECT CAST(max(id) AS bigint) FROM cities"), 5_571);
    // Where there is nothing, there is nothing to remove.
    place.execute("DROP TABLE cities; DROP TABLE states");
    place.generate(&["--copies", "1", "--reset", "--yes"]);
    place.assert_holds_copies(1);
}

fn ids_have_no_gaps(place: &Place) {
    place.generate(&["--copies", "2"]);
    place.generate(&["--copies", "25"]);
    assert_eq!(place.integer("SELECT CAST(min(id) AS bigint) FROM cities"), 1);
    assert_eq!(place.integer("SELECT CAST(max(id) AS bigint) FROM cities"), 27 * 5_571);
    // The next one is given by the database, as to any other program.
    place.execute("INSERT INTO cities (name, state_id) VALUES ('Nova', 1)");
    assert_eq!(
        place.integer("SELECT CAST(id AS bigint) FROM cities WHERE name = 'Nova'"),
        27 * 5_571 + 1
    );
}

/// As another generator may have filled the table.
fn states_that_are_there_already_keep_their_ids(place: &Place) {
    place.generate(&["--copies", "1"]);
    place.execute("DELETE FROM cities; UPDATE states SET id = 1000 - id");
    place.generate(&["--copies", "1"]);
    assert_eq!(place.integer("SELECT count(*) FROM states"), 27);
    let in_sao_paulo = "\
        SELECT count(*) FROM cities c JOIN states s ON c.state_id = s.id WHERE s.state = 'SP'";
    assert_eq!(place.integer(in_sao_paulo), 645);
    assert_eq!(place.integer("SELECT CAST(min(state_id) AS bigint) FROM cities"), 1000 - 27);
}

fn states_of_another_country_are_an_error(place: &Place) {
    place.generate(&["--copies", "1"]);
    place.execute("UPDATE states SET state = 'ZZ' WHERE state = 'SE'");
    let ran = place.run(&["--copies", "1"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("its table states lacks 'SE'\nhint: "), "{}", ran.stderr);
    place.assert_holds_copies(1);
}

fn empty_tables_are_filled(place: &Place) {
    place.generate(&["--copies", "1"]);
    place.execute("DELETE FROM cities; DELETE FROM states");
    place.generate(&["--copies", "1"]);
    place.assert_holds_copies(1);
    assert_eq!(place.integer("SELECT count(*) FROM states"), 27);
}

#[test]
fn the_tables_in_sqlite_are_those_of_the_source() {
    let place = Place::sqlite();
    place.generate(&["--copies", "1"]);
    let columns = "\
        SELECT group_concat(line, '; ') FROM (\
            SELECT t.name || '.' || c.name || ' ' || c.type || ' key ' || c.pk AS line \
            FROM sqlite_schema t, pragma_table_info(t.name) c \
            WHERE t.name IN ('states', 'cities') ORDER BY t.name, c.cid\
        )";
    assert_eq!(
        place.text(columns),
        "cities.id INTEGER key 1; cities.name TEXT key 0; cities.state_id INTEGER key 0; \
         states.id INTEGER key 1; states.long_name TEXT key 0; states.state TEXT key 0"
    );
    let numbers = "SELECT sql LIKE '%id INTEGER PRIMARY KEY AUTOINCREMENT%' \
        FROM sqlite_schema WHERE name = 'cities'";
    assert_eq!(place.integer(numbers), 1);
    let all = "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)";
    assert_eq!(place.text(all), "cities,sqlite_sequence,states");
}

#[test]
#[ignore = "needs Postgres: scripts/test"]
fn the_tables_in_postgres_are_those_of_the_source() {
    let place = Place::postgres();
    place.generate(&["--copies", "1"]);
    let columns = "\
        SELECT string_agg(concat_ws(' ', table_name || '.' || column_name, data_type, \
            is_nullable, split_part(column_default, '(', 1)), '; ' \
            ORDER BY table_name, ordinal_position) \
        FROM information_schema.columns WHERE table_schema = current_schema()";
    assert_eq!(
        place.text(columns),
        "cities.id integer NO nextval; cities.name text YES; cities.state_id integer YES; \
         states.id integer NO; states.long_name text YES; states.state text YES"
    );
    let indexes = "\
        SELECT string_agg(regexp_replace(indexdef, ' ON [^ ]+\\.', ' ON '), '; ' ORDER BY indexname) \
        FROM pg_indexes WHERE schemaname = current_schema()";
    assert_eq!(
        place.text(indexes),
        "CREATE UNIQUE INDEX cities_pkey ON cities USING btree (id); \
         CREATE UNIQUE INDEX states_pkey ON states USING btree (id)"
    );
    // What `serial` makes, and no more.
    let owned = "SELECT regexp_replace(pg_get_serial_sequence('cities', 'id'), '.*\\.', '')";
    assert_eq!(place.text(owned), "cities_id_seq");
    let cached = "SELECT cache_size FROM pg_sequences \
        WHERE schemaname = current_schema() AND sequencename = 'cities_id_seq'";
    assert_eq!(place.integer(cached), 1);
    let constraints = "SELECT count(*) FROM pg_constraint \
        WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'";
    assert_eq!(place.integer(constraints), 2);
}
