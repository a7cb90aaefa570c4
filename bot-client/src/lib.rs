//! A native client of Tickwire, and the swarm of headless players made of it.
//!
//! ```text
//! client   entry: join (HTTP) → connection (WebSocket, acknowledgements) → view (replica or prefix)
//!          client: all of these, resuming or joining again by itself
//!          end, refusal → come_back → backoff: whether and when
//! swarm    args → swarm ─→ crew: threads of bots (behavior → input; update → stats; cuts)
//!                      └→ course: their numbers, second by second → report
//!          levels: the same again with more bots or fewer, as capacity says
//! ```
//!
//! The client part speaks every game by the schema in its welcome and can be used alone; nothing in
//! it knows that there is a swarm. A bot is one task, which stays on its thread; threads share no more
//! than the board, on which bots write that they came, were lost or left.
//!
//! | module | job |
//! |---|---|
//! | [`join`], `call` | rooms and seats, over HTTP; its requests |
//! | [`connection`], [`view`] | one WebSocket: frames in, inputs and acknowledgements out |
//! | [`dial`], `socket` | from which address it is opened, and how |
//! | [`trust`] | whose certificates are believed, by TLS |
//! | [`net`], `delayed` | a simulated network; a connection behind it |
//! | `acknowledgements`, `announced` | when frames are to be acknowledged; an end that was foretold |
//! | [`end`], [`refusal`] | why it was not opened, or ended; a refusal over HTTP |
//! | [`come_back`], [`backoff`] | whether and when to try again; the delays |
//! | [`resume`] | what it takes to go on as the same player; the order of events |
//! | [`whereabouts`], `inquiry` | where a room is, in a cluster: its owner, whom to ask for it |
//! | [`entry`] | the way in: from a seat to a connection, again if the server is busy |
//! | [`client`], `way_back` | a connection that comes back after it was lost; one attempt after the other |
//! | [`behavior`] | what a bot does, for any game |
//! | [`args`], [`swarm`], [`bot`] | the flags; many bots and the measuring window; one bot's loop |
//! | [`casting`], [`crew`] | who goes where; the threads that bots run on |
//! | [`course`], [`server_metrics`] | a run second by second; what the server tells of itself |
//! | [`capacity`], `levels` | the search for a server's capacity; with real bots |
//! | [`cuts`] | when a bot cuts its own connection |
//! | [`board`], [`stats`] | what bots write down; the numbers of a run |
//! | [`cpu`], [`open_files`] | what a run costs this process, and what it needs of the system |
//! | [`report_dir`], [`page`] | the files of `--report`; its page of plots |
//! | [`report`], [`progress`] | the numbers as JSON or a table; the live line |

mod acknowledgements;
mod announced;
pub mod args;
pub mod backoff;
pub mod behavior;
pub mod board;
pub mod bot;
mod call;
pub mod capacity;
pub mod carrier;
pub mod casting;
pub mod client;
pub mod come_back;
pub mod connection;
pub mod course;
pub mod cpu;
pub mod crew;
pub mod cuts;
mod delayed;
pub mod dial;
pub mod end;
pub mod entry;
mod inquiry;
pub mod join;
mod levels;
pub mod net;
pub mod open_files;
mod over_http;
pub mod page;
pub mod progress;
pub mod refusal;
pub mod report;
pub mod report_dir;
pub mod resume;
pub mod server_metrics;
mod socket;
pub mod stats;
pub mod swarm;
pub mod trust;
pub mod view;
mod way_back;
pub mod whereabouts;
