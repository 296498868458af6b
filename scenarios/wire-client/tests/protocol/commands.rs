//! What a client says.

use wire_client::protocol::Command;

#[test]
fn a_command_is_an_array_of_bulk_strings() {
    let command = Command::new("SET").arg("price").int(-7);
    assert_eq!(command.as_bytes(), b"*3\r\n$3\r\nSET\r\n$5\r\nprice\r\n$2\r\n-7\r\n");
}

#[test]
fn an_argument_may_be_any_bytes() {
    let command = Command::new("ECHO").arg(b"\0\r\n$\xff").arg("");
    assert_eq!(command.as_bytes(), b"*3\r\n$4\r\nECHO\r\n$5\r\n\0\r\n$\xff\r\n$0\r\n\r\n");
}

#[test]
fn the_smallest_and_the_largest_number_have_all_their_digits() {
    let command = Command::new("X").int(i64::MIN).int(i64::MAX);
    let text = "*3\r\n$1\r\nX\r\n$20\r\n-9223372036854775808\r\n$19\r\n9223372036854775807\r\n";
    assert_eq!(command.as_bytes(), text.as_bytes());
}

#[test]
fn the_count_grows_with_the_arguments() {
    let mut command = Command::new("DEL");
    for key in 1..=1000 {
        assert_eq!(command.words().count(), key);
        assert!(command.as_bytes().starts_with(format!("*{key}\r\n$3\r\nDEL\r\n").as_bytes()));
        command.push(b"key");
    }
}

#[test]
fn its_words_are_those_it_was_made_of() {
    let command = Command::new("client").arg("SETNAME").arg(b"\xff\r\n");
    assert_eq!(command.name(), "client");
    assert_eq!(command.words().collect::<Vec<_>>(), [&b"client"[..], b"SETNAME", b"\xff\r\n"]);
}

#[test]
fn debug_says_no_argument() {
    let command = Command::new("AUTH").arg("secret");
    assert_eq!(format!("{command:?}"), "AUTH with 1 arguments");
}
