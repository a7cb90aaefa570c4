//! What the fake server tells at `/metrics`, where its script says that it does.

/// Ticks that begin 1 to 2 ms late, ten more each time the server is asked, and 4 MiB of memory.
pub fn text(asked: u64) -> String {
    let ticks = asked * 10;
    let line = |(le, count): (&str, u64)| {
        format!("tickwire_tick_lateness_seconds_bucket{{le=\"{le}\"}} {count}\n")
    };
    let buckets = [("0.001", 0), ("0.002", ticks), ("+Inf", ticks)].map(line).concat();
    buckets + "process_resident_memory_bytes 4194304\n"
}
