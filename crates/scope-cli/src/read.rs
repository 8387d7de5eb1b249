//! Inputs to state: reads what the codec makes of them, and tells what it could not use. What records mean is core's business.

use std::io::{self, IsTerminal, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use scope_core::Record;
use scope_core::codec::{ReadError, Reader};
use scope_core::state::{Applied, State};

use crate::exit::Hint;
use crate::input::Input;

/// Messages about bad lines of one input; the rest is counted.
const COMPLAINTS: u64 = 10;
/// Inputs shorter than this are read before a progress bar could be seen.
const PROGRESS_BYTES: u64 = 32 << 20;

/// What reading inputs came to.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What they say.
    pub(crate) state: State,
    /// Records that state does not hold: raw connections, and types unknown to this version.
    pub(crate) rest: Vec<Record>,
    /// Lines, rows or batches that were no records.
    pub(crate) lost: u64,
}

/// Reads all inputs to their ends. Several are read at once: the order in which they join does not matter.
pub(crate) fn read_all(inputs: Vec<Input>, strict: bool) -> Result<Heard> {
    let progress = progress(&inputs);
    let workers = thread::available_parallelism().map_or(1, usize::from).min(inputs.len()).max(1);
    let waiting = Mutex::new(inputs.into_iter());
    let mut all = thread::scope(|scope| {
        let work = || -> Result<Heard> {
            let mut read = Heard::default();
            while let Some(input) = waiting.lock().ok().and_then(|mut waiting| waiting.next()) {
                read_one(input, strict, &progress, &mut read)?;
            }
            Ok(read)
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Result<Vec<_>>>()
    })?
    .into_iter();
    progress.finish_and_clear();
    let mut read = all.next().unwrap_or_default();
    for other in all {
        read.state.merge(other.state);
        read.rest.extend(other.rest);
        read.lost += other.lost;
    }
    Ok(read)
}

fn read_one(input: Input, strict: bool, progress: &ProgressBar, read: &mut Heard) -> Result<()> {
    let mut records = Records::new(input, strict, progress.clone());
    while let Some(record) = records.next()? {
        if let Applied::NotState(record) = read.state.apply(record) {
            read.rest.push(*record);
        }
    }
    read.lost += records.lost;
    Ok(())
}

/// The records of one input; says on standard error what could not be used.
pub(crate) struct Records {
    name: String,
    strict: bool,
    reader: Reader<Counted>,
    /// Lines, rows or batches that were no records so far.
    pub(crate) lost: u64,
    ended: bool,
}

impl Records {
    /// The records of `input`. With `strict` the first thing that is no record is an error.
    pub(crate) fn new(input: Input, strict: bool, progress: ProgressBar) -> Self {
        Self { name: input.name, strict, reader: Reader::new(Counted { bytes: input.bytes, progress }), lost: 0, ended: false }
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Result<Option<Record>> {
        while !self.ended {
            match self.reader.next() {
                Some(Ok(record)) => return Ok(Some(record)),
                Some(Err(error)) => self.complain(error)?,
                None => self.ended = true,
            }
        }
        if self.lost > COMPLAINTS {
            tracing::warn!("`{}`: {} parts of it were no records and are left out", self.name, self.lost);
        }
        Ok(None)
    }

    fn complain(&mut self, error: ReadError) -> Result<()> {
        let warning = error.is_warning();
        let hint = error.hint();
        self.ended |= error.ends_input();
        if !warning && (self.strict || matches!(error, ReadError::Read(_))) {
            let error = anyhow::Error::new(error).context(format!("could not read `{}`", self.name));
            return Err(match hint {
                Some(hint) => error.context(Hint(hint.to_owned())),
                None => error,
            });
        }
        self.lost += u64::from(!warning);
        if self.lost <= COMPLAINTS {
            let message = crate::exit::plain(&format!("{error:#}"));
            let hint = hint.map(|hint| format!(" ({hint})")).unwrap_or_default();
            tracing::warn!("`{}`, {message}{hint}", self.name);
        }
        Ok(())
    }
}

/// Bytes that count themselves.
struct Counted {
    bytes: Box<dyn Read + Send>,
    progress: ProgressBar,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.bytes.read(out)?;
        self.progress.inc(length as u64);
        Ok(length)
    }
}

/// A bar on a terminal for long files; nothing otherwise.
fn progress(inputs: &[Input]) -> ProgressBar {
    let length: Option<u64> = inputs.iter().map(|input| input.length).sum();
    let template = ProgressStyle::with_template("{bar:30} {bytes} of {total_bytes}, {eta} left");
    match (length, template) {
        (Some(length), Ok(style)) if length >= PROGRESS_BYTES && io::stderr().is_terminal() => ProgressBar::new(length).with_style(style),
        _ => ProgressBar::hidden(),
    }
}

/// Reads inputs as they come, all at once, and hands each record to `take`; with a `pace`, also nothing whenever that time has passed.
pub(crate) fn follow(inputs: Vec<Input>, strict: bool, pace: Option<Duration>, mut take: impl FnMut(Option<Record>) -> Result<()>) -> Result<u64> {
    /// Records that may wait for a slow taker, over all inputs.
    const WAITING: usize = 4096;
    let lost = AtomicU64::new(0);
    thread::scope(|scope| {
        let (sender, waiting) = std::sync::mpsc::sync_channel::<Result<Record>>(WAITING);
        for input in inputs {
            let (sender, lost) = (sender.clone(), &lost);
            scope.spawn(move || {
                let mut records = Records::new(input, strict, ProgressBar::hidden());
                loop {
                    let next = records.next().transpose();
                    let Some(next) = next else { break };
                    let failed = next.is_err();
                    if sender.send(next).is_err() || failed {
                        break;
                    }
                }
                lost.fetch_add(records.lost, Ordering::Relaxed);
            });
        }
        drop(sender);
        let mut due = pace.map(|pace| Instant::now() + pace);
        loop {
            let next = match due {
                Some(at) => waiting.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => waiting.recv().map_err(RecvTimeoutError::from),
            };
            match next {
                Ok(record) => take(Some(record.context("could not follow the inputs")?))?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if let (Some(pace), Some(at)) = (pace, due)
                && Instant::now() >= at
            {
                take(None)?;
                due = Some(Instant::now() + pace);
            }
        }
    })
    .map(|()| lost.load(Ordering::Relaxed))
}
