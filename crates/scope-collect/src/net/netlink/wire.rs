//! The framing of netlink, decoded without IO: messages in a datagram, attributes in a message.
//!
//! Every length comes from outside and is checked; what does not fit ends the walk, it never panics. What the messages mean is
//! decided by the modules that ask for them.

/// Length of `struct nlmsghdr` (include/uapi/linux/netlink.h).
pub const HEADER_LEN: usize = 16;
/// Length of `struct nlattr`.
const ATTRIBUTE_HEADER_LEN: usize = 4;
/// The upper two bits of an attribute's type are flags (`NLA_F_NESTED`, `NLA_F_NET_BYTEORDER`).
const ATTRIBUTE_TYPE_MASK: u16 = 0x3fff;

/// `NLM_F_REQUEST`: this is a request.
pub const FLAG_REQUEST: u16 = 0x1;
/// `NLM_F_DUMP_INTR`: what is dumped changed under the walk, the dump is not one consistent picture.
pub const FLAG_DUMP_INTERRUPTED: u16 = 0x10;
/// `NLM_F_DUMP`: return all that matches (`NLM_F_ROOT | NLM_F_MATCH`).
pub const FLAG_DUMP: u16 = 0x300;
/// `NLM_F_CREATE` and `NLM_F_EXCL` of an event: the object is new, not changed.
pub const FLAG_CREATE: u16 = 0x400;

/// `NLMSG_ERROR`: a refusal (negative errno), or an acknowledgement (0).
pub const KIND_ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump.
pub const KIND_DONE: u16 = 3;

/// One message of a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`: the sequence number of the request that this answers, 0 for events.
    pub seq: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// The error number (positive) of an error or of the end of a dump that failed half way; `None` for an acknowledgement, for a
    /// good end, and for other messages.
    pub fn errno(&self) -> Option<i32> {
        if self.kind != KIND_ERROR && self.kind != KIND_DONE {
            return None;
        }
        let code = i32::from_ne_bytes(self.payload.first_chunk::<4>().copied()?);
        (code < 0).then(|| code.saturating_neg())
    }
}

/// Walks the messages of a datagram. Ends at the first one whose length does not fit.
#[derive(Debug, Clone)]
pub struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// Starts at the first message of `datagram`.
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let len = usize::try_from(u32_at(self.rest, 0)?).ok()?;
        let payload = self.rest.get(HEADER_LEN..len)?;
        let message = Message { kind: u16_at(self.rest, 4)?, flags: u16_at(self.rest, 6)?, seq: u32_at(self.rest, 8)?, payload };
        self.rest = self.rest.get(align(len)..).unwrap_or_default();
        Some(message)
    }
}

/// Walks the attributes of a message as (type without flags, value). Ends at the first one whose length does not fit.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// Starts at the first attribute in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let len = usize::from(u16_at(self.rest, 0)?);
        let kind = u16_at(self.rest, 2)? & ATTRIBUTE_TYPE_MASK;
        let value = self.rest.get(ATTRIBUTE_HEADER_LEN..len)?;
        self.rest = self.rest.get(align(len)..).unwrap_or_default();
        Some((kind, value))
    }
}

/// Appends a request (header and body) to `out`.
pub fn push_request(out: &mut Vec<u8>, kind: u16, flags: u16, seq: u32, body: &[u8]) {
    let len = u32::try_from(HEADER_LEN + body.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_ne_bytes());
    out.extend_from_slice(&kind.to_ne_bytes());
    out.extend_from_slice(&(FLAG_REQUEST | flags).to_ne_bytes());
    out.extend_from_slice(&seq.to_ne_bytes());
    out.extend_from_slice(&0_u32.to_ne_bytes()); // nlmsg_pid: the kernel knows who asks
    out.extend_from_slice(body);
    out.resize(align(out.len()), 0);
}

/// The `u8` at `offset`.
pub fn u8_at(bytes: &[u8], offset: usize) -> Option<u8> {
    bytes.get(offset).copied()
}

/// The `u16` at `offset`, in the machine's byte order.
pub fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// The `u16` at `offset`, in network byte order.
pub fn u16_be_at(bytes: &[u8], offset: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// The `u32` at `offset`, in the machine's byte order.
pub fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// The `u64` at `offset`, in the machine's byte order.
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(*bytes.get(offset..)?.first_chunk()?))
}

/// Rounds up to the alignment of messages and attributes (`NLMSG_ALIGNTO`, `NLA_ALIGNTO`).
const fn align(len: usize) -> usize {
    len.saturating_add(3) & !3
}
