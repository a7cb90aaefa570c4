//! What a room counts, for metrics.

/// Totals since the room began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoomCounters {
    /// State frames queued.
    pub frames: u64,
    /// Bytes of those frames.
    pub frame_bytes: u64,
    /// Frames that were due but not encoded, because their client was behind.
    pub frames_skipped: u64,
    /// Keyframes among the frames.
    pub keyframes: u64,
    /// Clients sent away because what they should see cannot be sent.
    pub oversized: u64,
    /// Members who came back after their connection was lost.
    pub resumes: u64,
    /// Times that the room had to send less often to keep its ticks.
    pub slowdowns: u64,
    /// Parts of clients' replicas that were reported to differ.
    pub desyncs: u64,
    /// Inputs taken in, the refused ones included.
    pub inputs: u64,
    /// Inputs that came after the tick they named.
    pub inputs_late: u64,
    /// Inputs and messages that were refused.
    pub inputs_refused: u64,
    /// Requests answered, the refused ones included.
    pub requests: u64,
    /// Requests that were refused.
    pub requests_refused: u64,
}
