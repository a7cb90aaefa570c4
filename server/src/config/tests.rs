//! What flags may be, and how they are refused.

use super::*;

fn games() -> GameRegistry {
    GameRegistry::new()
        .with(tickwire_drift::NAME, tickwire_drift::create)
        .with("arena", tickwire_drift::create)
}

fn validate(flags: &[&str]) -> Result<ServerConfig, ConfigError> {
    let flags = [&["server"], flags].concat();
    Flags::try_parse_from(flags).unwrap().validate(&games())
}

#[test]
fn the_defaults_are_sound() {
    let config = validate(&[]).unwrap();
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!((config.tick_rate_hz, config.room_capacity, config.bots), (30, 50, 6));
    assert_eq!(config.heartbeat_timeout, Duration::from_secs(15));
}

#[test]
fn bad_values_name_the_flag_the_value_and_what_is_allowed() {
    for (flags, text) in [
        (
            &["--heartbeat-timeout", "4s"][..],
            "invalid value \"4s\" for --heartbeat-timeout: longer than --heartbeat-interval, which is 5s",
        ),
        (
            &["--default-game", "chess"],
            "invalid value \"chess\" for --default-game: one of arena, drift",
        ),
        (
            &["--game-option", "drift.world=big"],
            "invalid value \"drift.world=big\" for --game-option: option world: \"big\" is not",
        ),
        (&["--json-hz", "31"], "\"31\" for --json-hz: 1 to --tick-rate, which is 30"),
        (&["--game-option", "world=1x1"], "GAME.KEY=VALUE is due"),
        (&["--public-url", "ws://host"], "for --public-url: http://HOST[:PORT]"),
        (&["--auth-key", "0123"], "value \"…\" for --auth-key: 64 hexadecimal digits, or the path"),
        (&["--allow-origin", "play.example"], "for --allow-origin: http://HOST[:PORT], https://"),
        (&["--auth-key", "a,b,c"], "for --auth-key: at most 2 keys"),
        (&["--tls-cert", "a.pem"], "\"a.pem\" for --tls-cert: only together with --tls-key"),
        (&["--tls-key", "b.pem"], "\"b.pem\" for --tls-key: only together with --tls-cert"),
        (&["--serve-replays"], "for --serve-replays: only together with --journal-dir"),
        (&["--drain-notice", "10s"], "at most 7s 500ms: three quarters of --drain-timeout"),
    ] {
        let error = validate(flags).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
    for (flag, value) in [
        ("--bind", "nowhere"),
        ("--tick-rate", "0"),
        ("--tick-rate", "241"),
        ("--room-capacity", "-1"),
        ("--json-hz", "0"),
        ("--workers", "many"),
        ("--client-budget", "999"),
        ("--joins-per-second", "0"),
        ("--guesses-per-minute", "0"),
        ("--max-event-listeners", "0"),
        ("--trusted-proxy", "everybody"),
        ("--max-message-bytes", "4095"),
        ("--bytes-per-second", "1"),
        ("--handshake-timeout", "999ms"),
        ("--drain-timeout", "0s"),
        ("--journal-flush", "1ms"),
        ("--journal-max-age", "1s"),
        ("--journal-max-bytes", "1000"),
        ("--heartbeat-interval", "soon"),
        ("--heartbeat-interval", "99ms"),
        ("--bots", "101"),
    ] {
        let argument = format!("{flag}={value}");
        let error = Flags::try_parse_from(["server", &argument]).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(flag) && text.contains(value), "{text}");
        assert_eq!(error.exit_code(), 2);
    }
}
