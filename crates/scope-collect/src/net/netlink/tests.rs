#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::time::Duration;

use proptest::prelude::*;

use super::wire::{Attributes, FLAG_DUMP, FLAG_REQUEST, KIND_DONE, KIND_ERROR, Message, Messages, push_request};
use super::{BUFFER_LEN, Netlink};

fn message(kind: u16, payload: &[u8]) -> Message<'_> {
    Message { kind, flags: 0, seq: 1, payload }
}

#[test]
fn a_request_reads_back_as_a_message() {
    let mut bytes = Vec::new();
    push_request(&mut bytes, 18, FLAG_DUMP, 7, b"abc");
    push_request(&mut bytes, 20, 0, 8, b"");
    let messages: Vec<_> = Messages::new(&bytes).collect();
    let (first, second) =
        (Message { kind: 18, flags: FLAG_REQUEST | FLAG_DUMP, seq: 7, payload: b"abc" }, Message { kind: 20, flags: FLAG_REQUEST, seq: 8, payload: b"" });
    assert_eq!(messages, [first, second]);
}

#[test]
fn errors_are_told_from_acknowledgements_and_good_ends() {
    assert_eq!(message(KIND_ERROR, &(-2_i32).to_ne_bytes()).errno(), Some(2));
    assert_eq!(message(KIND_ERROR, &0_i32.to_ne_bytes()).errno(), None);
    assert_eq!(message(KIND_DONE, &(-16_i32).to_ne_bytes()).errno(), Some(16));
    assert_eq!(message(KIND_DONE, b"").errno(), None);
    assert_eq!(message(20, &(-2_i32).to_ne_bytes()).errno(), None);
}

#[test]
fn a_length_that_does_not_fit_ends_the_walk() {
    let mut bytes = Vec::new();
    push_request(&mut bytes, 1, 0, 1, b"good");
    for len in [0_u32, 15, 400, u32::MAX] {
        let mut bytes = bytes.clone();
        bytes.extend_from_slice(&len.to_ne_bytes());
        bytes.extend_from_slice(&[0; 12]);
        assert_eq!(Messages::new(&bytes).count(), 1, "{len}");
    }
    assert_eq!(Attributes::new(&[3, 0, 1, 0, 9, 9, 9, 9]).count(), 0);
    assert_eq!(Attributes::new(&[6, 0, 1, 0x80, 9, 9, 0, 0]).collect::<Vec<_>>(), [(1, &[9_u8, 9][..])]);
}

proptest! {
    #[test]
    fn walks_end_within_the_bytes(noise: Vec<u8>) {
        let inside: usize = Messages::new(&noise).map(|message| message.payload.len()).sum();
        prop_assert!(inside <= noise.len());
        let inside: usize = Attributes::new(&noise).map(|(_, value)| value.len()).sum();
        prop_assert!(inside <= noise.len());
    }
}

/// Connections that began and ended within this process meanwhile, as the kernel told of their ends.
fn ends_told(socket: &mut Netlink) -> usize {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let client = std::net::TcpStream::connect(at).unwrap();
    drop(listener.accept().unwrap());
    drop(client);
    let mut told = 0;
    let mut buffer = vec![0; BUFFER_LEN];
    // The kernel tells from a queue.
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(5));
        let ours = |message: Message<'_>| crate::net::sock_diag::decode_ended(0, message.payload).is_some_and(|ended| ended.local == at || ended.remote == at);
        socket.drain(&mut buffer, 1000, |message| told += usize::from(ours(message))).unwrap();
        if told == 2 {
            break;
        }
    }
    told
}

#[test]
fn groups_are_left_and_joined_again() {
    let mut socket = Netlink::open(Some(rustix::net::netlink::SOCK_DIAG), crate::net::sock_diag::ENDINGS, "ended connections").unwrap();
    assert_eq!(ends_told(&mut socket), 2);
    socket.set_groups(0).unwrap();
    assert_eq!(ends_told(&mut socket), 0);
    socket.set_groups(crate::net::sock_diag::ENDINGS).unwrap();
    assert_eq!(ends_told(&mut socket), 2);
}
