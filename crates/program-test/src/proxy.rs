//! A way to a service that can be cut, or held up.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

/// Between a program and a service that it needs, such as a database.
#[derive(Debug)]
pub struct Proxy {
    to: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Whether connections are led on, or ended at once.
    is_up: bool,
    streams: Vec<TcpStream>,
    /// How often all of them have been ended.
    cuts: usize,
    /// What has this in it goes no further.
    held: Option<Vec<u8>>,
    /// How many wait because of that.
    waiting: usize,
}

/// As long as it is there, what was asked to be held is.
#[derive(Debug)]
pub struct Held<'p>(&'p Proxy);

impl Proxy {
    /// Leads to what listens at `to`, such as `localhost:5432`.
    ///
    /// # Panics
    ///
    /// When the system has no port for it.
    pub fn start(to: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Mutex::new(State { is_up: true, ..State::default() });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let (inside, target) = (Arc::clone(&shared), to.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                lead_on(client, &target, &inside);
            }
        });
        Self { to: to.to_owned(), address, shared }
    }

    /// The service's URL by way of this.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.to, &self.address.to_string())
    }

    /// How many connections have been led on, since it was started or last cut.
    pub fn connections(&self) -> usize {
        self.shared.lock().streams.len() / 2
    }

    /// Ends every connection that there is. New ones are led on.
    pub fn cut(&self) {
        let mut state = self.shared.lock();
        state.cuts += 1;
        for stream in state.streams.drain(..) {
            // Its other half may have gone already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.shared.changed.notify_all();
    }

    /// Ends every connection, and new ones too.
    pub fn down(&self) {
        self.shared.lock().is_up = false;
        self.cut();
    }

    /// From here on connections are led on.
    pub fn up(&self) {
        self.shared.lock().is_up = true;
    }

    /// From here on whatever a program sends that has this word in it is kept here.
    pub fn hold(&self, word: &str) -> Held<'_> {
        self.shared.lock().held = Some(word.into());
        Held(self)
    }
}

impl Held<'_> {
    /// Whether something has come that is kept.
    pub fn has_some(&self) -> bool {
        self.0.shared.lock().waiting > 0
    }
}

/// What was kept goes on.
impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.shared.lock().held = None;
        self.0.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    /// Waits while this is held. Gives false if its connection was ended meanwhile.
    fn may_pass(&self, sent: &[u8], cuts: usize) -> bool {
        let mut state = self.lock();
        state.waiting += 1;
        let state = self.changed.wait_while(state, |state| {
            let is_held = |word: &Vec<u8>| sent.windows(word.len()).any(|it| it == word);
            state.cuts == cuts && state.held.as_ref().is_some_and(is_held)
        });
        let mut state = state.expect("nobody panics with it");
        state.waiting -= 1;
        state.cuts == cuts
    }
}

/// Whoever cuts meanwhile has to wait, and then finds this connection too.
fn lead_on(client: TcpStream, to: &str, shared: &Arc<Shared>) {
    let mut state = shared.lock();
    if !state.is_up {
        return;
    }
    let Ok(server) = TcpStream::connect(to) else { return };
    let (mut from, mut to) = (copy_of(&server), copy_of(&client));
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (from, to) = (copy_of(&client), copy_of(&server));
    let (shared, cuts) = (Arc::clone(shared), state.cuts);
    thread::spawn(move || carry(from, to, &shared, cuts));
    state.streams.extend([client, server]);
}

fn carry(mut from: TcpStream, mut to: TcpStream, shared: &Shared, cuts: usize) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let sent = &buffer[..count];
        if !shared.may_pass(sent, cuts) || to.write_all(sent).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

fn copy_of(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a descriptor for it")
}
