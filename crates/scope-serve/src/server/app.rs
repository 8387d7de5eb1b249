//! The server as a whole: what its routes share, and its life from the first connection to the last. What a route does lives with the route.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::OptionFuture;
use scope_core::Timestamp;
use scope_core::state::State;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::api::Places;
use super::auth::{self, Auth, AuthConfig, FirstStart, Identity, Refused};
use super::config::{Config, outward_address};
use super::http::{self, listener};
use super::link::{self, Links};
use super::live::Live;
use super::ops::{self, Counters};
use super::problem::ProblemDetails;
use super::store::{ServerLock, Store, StoreError};
use super::tls::{self, Tls, TlsError, container_sign};
use super::views::{self, Views};
use crate::admin;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, or not this machine's.
    #[error("could not listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The address for profiles is taken, or can be reached from elsewhere.
    #[error("could not serve profiles at {address}")]
    Admin {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("could not use the data directory")]
    Store(#[from] StoreError),
    /// The certificate cannot be used.
    #[error("could not use the certificate")]
    Tls(#[from] TlsError),
    /// The first credentials cannot be made.
    #[error("could not make the first credentials")]
    FirstStart(#[from] Refused),
}

/// What all routes share.
#[derive(Debug)]
pub(super) struct App {
    /// What agents say.
    pub(super) live: Arc<Live>,
    /// How agents bring it.
    pub(super) links: Arc<Links>,
    /// What is kept current for subscribers.
    pub(super) views: Views,
    /// How many subscriptions each caller has.
    pub(super) places: Places,
    /// Room for SQL.
    #[cfg(feature = "sql")]
    pub(super) sql_places: tokio::sync::Semaphore,
    /// Who asks.
    pub(super) auth: Arc<Auth>,
    /// Its certificate, where it speaks TLS.
    pub(super) tls: Option<Arc<Tls>>,
    /// What it was told at its start.
    pub(super) config: Config,
    /// What it counts of itself.
    pub(super) counters: Counters,
    /// When it started.
    pub(super) started: Instant,
    stopping: watch::Receiver<bool>,
}

/// A server that listens, and serves once it [runs](Server::run).
#[derive(Debug)]
pub struct Server {
    app: Arc<App>,
    listener: TcpListener,
    admin: Option<TcpListener>,
    stopping: watch::Sender<bool>,
    first_start: Option<FirstStart>,
    /// Held for as long as it lives.
    _lock: ServerLock,
}

impl Server {
    /// Opens the database and the address. Nothing is answered before [`Server::run`].
    pub async fn bind(mut config: Config, live: Arc<Live>) -> Result<Self, StartError> {
        let address = config.bind;
        let lock = ServerLock::take(&config.data_dir)?;
        let store = Arc::new(Store::open(&config.data_dir)?);
        let listener = TcpListener::bind(address).await.map_err(|source| StartError::Bind { address, source })?;
        let admin = match config.admin {
            Some(address) => Some(admin::bind(address).await.map_err(|source| StartError::Admin { address, source })?),
            None => None,
        };
        let tls = config.tls.clone().map(Tls::open).transpose()?.map(Arc::new);
        // The port that was drawn, where 0 was asked for.
        config.bind = listener.local_addr().unwrap_or(address);
        let base_path = if config.base_path.is_root() { "/".to_owned() } else { config.base_path.to_string() };
        let loopback = config.bind.ip().to_canonical().is_loopback();
        let auth = Arc::new(Auth::new(store, AuthConfig { loopback, base_path, fingerprint: tls.as_ref().and_then(|tls| tls.pin()), url: None }));
        let first_start = auth.first_start()?;
        // By an address of its own a certificate is known only where it is known by its fingerprint; and that of a container leads nobody to it.
        let by_address = tls.as_ref().is_none_or(|tls| tls.pin().is_some()) && container_sign().is_none();
        auth.announce(config.agents_url(|| if by_address { outward_address() } else { None }))?;
        let (stopping, stops) = watch::channel(false);
        let views = Views::new(Arc::clone(&live), views::Limits::default());
        let links = Links::new(Arc::clone(&live), link::Settings::default());
        let app = Arc::new(App {
            live,
            links,
            views,
            places: Places::default(),
            #[cfg(feature = "sql")]
            sql_places: tokio::sync::Semaphore::new(config.limits.sql.at_once),
            auth,
            tls,
            config,
            counters: Counters::default(),
            started: Instant::now(),
            stopping: stops,
        });
        Ok(Self { app, listener, admin, stopping, first_start, _lock: lock })
    }

    /// Where browsers find it.
    pub fn url(&self) -> String {
        self.app.config.url()
    }

    /// SHA-256 of the certificate that it made itself, by which agents and people know it.
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        self.app.tls.as_ref().and_then(|tls| tls.pin())
    }

    /// The first credentials, where they were made just now: shown once, to whoever started the server.
    pub fn first_start(&self) -> Option<&FirstStart> {
        self.first_start.as_ref()
    }

    /// Serves until `stop` completes; then tells subscribers, lets what is under way end, and closes.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { app, listener, admin, stopping, .. } = self;
        let router = http::router(&app);
        let keeper = tokio::spawn(auth::keep(Arc::clone(&app.auth), app.stops()));
        let watcher = app.tls.clone().map(|certificate| tokio::spawn(tls::watch(certificate, app.stops())));
        let links = Arc::clone(&app.links);
        let profiles = OptionFuture::from(admin.map(|listener| admin::serve(listener, ops::admin(Arc::clone(&app)), app.stops())));
        let serving = listener::serve(listener, app, router);
        let stopped = async {
            stop.await;
            stopping.send_replace(true);
            links.stop();
        };
        tokio::join!(serving, profiles, stopped);
        if let Err(panic) = keeper.await {
            tracing::error!("writing the audit: {panic}");
        }
        if let Some(Err(panic)) = OptionFuture::from(watcher).await {
            tracing::error!("watching the certificate: {panic}");
        }
    }
}

impl App {
    /// Completes when the server is to end, for a task that outlives the borrow.
    fn stops(self: &Arc<Self>) -> impl Future<Output = ()> + Send + use<> {
        let app = Arc::clone(self);
        async move { app.stopping().await }
    }

    /// Completes when the server is to end.
    pub(super) async fn stopping(&self) {
        let mut stopping = self.stopping.clone();
        // An error says that the server is gone already.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Whether the server is to end.
    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Runs `read` over what `identity` may see, on a thread for such work.
    pub(super) async fn read<R, F>(self: &Arc<Self>, identity: Identity, read: F) -> Result<R, ProblemDetails>
    where
        R: Send + 'static,
        F: FnOnce(&State) -> Result<R, ProblemDetails> + Send + 'static,
    {
        let app = Arc::clone(self);
        self.compute(move || app.live.read(&identity.tenant, &identity.visibility, read)).await
    }

    /// Runs what takes a while on a thread for such work.
    pub(super) async fn compute<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce() -> Result<R, ProblemDetails> + Send + 'static,
    ) -> Result<R, ProblemDetails> {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!("an answer could not be computed: {error}");
                Err(ProblemDetails::new(::http::StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be computed; the server's log says more"))
            }
        }
    }
}

/// The time now.
pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
