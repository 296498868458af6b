//! What would happen if a future were forgotten where it is made? The compiler
//! warns. This file says that it forgets on purpose; take the line with `expect`
//! out, and build it again.
//!
//! `cargo run -p event-loop --example forgotten`

#![expect(unused_must_use, reason = "forgetting is what this example shows")]

fn main() {
    greet();
}

async fn greet() {
    panic!("somebody polled me");
}
