//! An answer that comes line by line, for as long as it lasts: bounded lines, nothing waited for twice. What a line means is [`super::wire`]'s business.

use std::future::Future;
use std::pin::Pin;

use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use tokio::time::timeout;

use super::client::{Client, Connection, Driver, ERROR_BYTES, bare, status_error};
use super::error::Error;

type Answer = Pin<Box<dyn Future<Output = Result<Response<Incoming>, hyper::Error>> + Send>>;

enum LinesState {
    /// The question is out, the answer's head is not in.
    Asked(Answer),
    /// The answer is coming in.
    Open(Incoming),
    /// It has ended.
    Ended,
}

/// One line of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line without its end.
    Text(Vec<u8>),
    /// A line beyond the bound was passed over.
    TooLong,
}

/// An answer that comes line by line.
pub(crate) struct Lines {
    client: Client,
    path: String,
    limit: usize,
    driver: Option<Pin<Box<Driver>>>,
    /// The connection closes with its sender.
    _sender: http1::SendRequest<String>,
    state: LinesState,
    buffer: Vec<u8>,
    /// Where in `buffer` the next line begins.
    start: usize,
    /// How much of `buffer` is known to hold no line's end.
    scanned: usize,
    /// Whether the rest of a line beyond the bound is being passed over.
    skipping: bool,
}

impl Lines {
    /// Sends the question on a connection of its own. Nothing is waited for.
    pub(super) fn ask(client: Client, mut connection: Connection, path: String, limit: usize) -> Result<Self, Error> {
        let request = client.request(&path)?;
        let answer = Box::pin(connection.sender.send_request(request));
        Ok(Self {
            client,
            path,
            limit,
            driver: connection.driver,
            _sender: connection.sender,
            state: LinesState::Asked(answer),
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            skipping: false,
        })
    }

    /// Waits for the head of the answer, by which time the engine listens to the question. Some engines send it with the first line only. Can be cancelled and called again.
    pub(crate) async fn opened(&mut self) -> Result<(), Error> {
        let LinesState::Asked(answer) = &mut self.state else { return Ok(()) };
        let answer = Connection::drive(&mut self.driver, answer.as_mut()).await;
        let (head, mut body) = match answer {
            Ok(response) => response.into_parts(),
            Err(source) => {
                self.state = LinesState::Ended;
                return Err(self.transfer(source));
            }
        };
        if head.status.is_success() {
            self.state = LinesState::Open(body);
            return Ok(());
        }
        self.state = LinesState::Ended;
        let frame = timeout(self.client.deadlines().answer, Connection::next_frame(&mut self.driver, &mut body)).await;
        let text = frame.ok().flatten().and_then(Result::ok).unwrap_or_default();
        let text = text.get(..ERROR_BYTES).unwrap_or(&text);
        Err(status_error(&self.path, head.status.as_u16(), text))
    }

    /// The next line; `None` at the end. Can be cancelled and called again.
    pub(crate) async fn next(&mut self) -> Result<Option<Line>, Error> {
        self.opened().await?;
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            let LinesState::Open(body) = &mut self.state else { return Ok(None) };
            match Connection::next_frame(&mut self.driver, body).await {
                Some(Ok(bytes)) => self.buffer.extend_from_slice(&bytes),
                Some(Err(source)) => {
                    self.state = LinesState::Ended;
                    return Err(self.transfer(source));
                }
                None => self.state = LinesState::Ended,
            }
        }
    }

    /// What to say when the answer should have gone on.
    pub(crate) fn ended(&self) -> Error {
        Error::Ended { endpoint: self.client.endpoint().clone(), path: bare(&self.path) }
    }

    fn transfer(&self, source: hyper::Error) -> Error {
        Error::Transfer { endpoint: self.client.endpoint().clone(), path: bare(&self.path), source: source.into() }
    }

    fn take_line(&mut self) -> Option<Line> {
        loop {
            let end = self.buffer.iter().skip(self.scanned).position(|byte| *byte == b'\n').map(|at| at + self.scanned);
            let Some(end) = end else {
                // Only what is not yet a whole line is kept and moved to the front, once for each piece of the answer.
                self.buffer.drain(..std::mem::take(&mut self.start));
                self.scanned = self.buffer.len();
                if self.buffer.len() <= self.limit {
                    return None;
                }
                self.buffer = Vec::new();
                self.scanned = 0;
                // Said once for each line, when its bound is passed.
                return (!std::mem::replace(&mut self.skipping, true)).then_some(Line::TooLong);
            };
            let line = self.buffer.get(self.start..end).unwrap_or_default();
            let skip = std::mem::take(&mut self.skipping) || line.is_empty();
            let line = if line.len() > self.limit { Line::TooLong } else { Line::Text(line.to_vec()) };
            self.start = end + 1;
            self.scanned = self.start;
            if !skip {
                return Some(line);
            }
        }
    }
}
