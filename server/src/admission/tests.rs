//! Who is let in, and who is not.

use super::*;

fn admission(limits_loopback: bool) -> Arc<Admission> {
    Arc::new(Admission::new(AdmissionLimits {
        sessions: 4,
        sessions_per_address: 2,
        joins_per_second: NonZeroU32::new(2).unwrap(),
        upgrades_per_second: NonZeroU32::new(3).unwrap(),
        guesses_per_minute: NonZeroU32::new(2).unwrap(),
        event_listeners: 3,
        limits_loopback,
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
    }))
}

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

#[test]
fn each_address_and_all_of_them_have_so_many_places() {
    let admission = admission(false);
    let enter = |from: &str| admission.admit_session(address(from));
    let one = [enter("192.0.2.1").unwrap(), enter("192.0.2.1").unwrap()];
    assert_eq!(enter("192.0.2.1").unwrap_err(), NotAdmitted::TooManyConnections);
    let others = [enter("192.0.2.2").unwrap(), enter("127.0.0.1").unwrap()];
    assert_eq!(enter("127.0.0.1").unwrap_err(), NotAdmitted::ServerFull);
    drop(one);
    let again = [enter("192.0.2.1").unwrap(), enter("127.0.0.1").unwrap()];
    drop((others, again));
    assert_eq!(admission.sessions(), 0);
    assert!(admission.sockets.is_empty());
}

#[test]
fn an_address_has_so_many_connections_of_http_but_a_known_proxy_any_number() {
    let admission = admission(false);
    let enter = |from: &str| admission.admit_request(address(from));
    let mut one: Vec<_> = (1..8).map(|_| enter("192.0.2.1").unwrap()).collect();
    one.push(enter("::ffff:192.0.2.1").unwrap());
    assert_eq!(enter("192.0.2.1").unwrap_err(), NotAdmitted::TooManyConnections);
    let _many: Vec<_> = (0..9).map(|_| enter("10.0.0.1").unwrap()).collect();
    drop(one);
    enter("192.0.2.1").unwrap();
    assert!(admission.requests.is_empty());
}

#[test]
fn so_many_listen_to_events_and_so_many_of_an_address() {
    let admission = admission(false);
    let listen = |from: &str| admission.admit_listener(address(from));
    let one = [listen("192.0.2.1").unwrap(), listen("192.0.2.1").unwrap()];
    assert_eq!(listen("192.0.2.1").unwrap_err(), NotAdmitted::TooManyConnections);
    let _other = listen("127.0.0.1").unwrap();
    assert_eq!(listen("127.0.0.1").unwrap_err(), NotAdmitted::TooManyListeners);
    drop(one);
    assert_eq!(admission.listeners(), 1);
    assert!(listen("192.0.2.1").is_ok());
}

#[test]
fn neighbours_share_their_guesses_and_the_own_machine_has_no_more() {
    let admission = admission(false);
    let guess = |from: &str| admission.guess(address(from), || Err::<(), _>(()), |()| true);
    for from in ["2001:db8::1", "2001:db8::2", "127.0.0.1", "127.0.0.1"] {
        assert!(guess(from).is_ok());
    }
    assert!(guess("2001:db8::3").is_err());
    assert!(guess("127.0.0.1").is_err());
}

#[test]
fn neighbours_in_a_network_of_version_six_share_their_places() {
    let admission = admission(false);
    let enter = |from: &str| admission.admit_session(address(from));
    let _one = [enter("2001:db8::1").unwrap(), enter("2001:db8::2").unwrap()];
    assert_eq!(enter("2001:db8::3").unwrap_err(), NotAdmitted::TooManyConnections);
    assert!(enter("2001:db8:0:1::1").is_ok());
}

#[test]
fn joins_have_a_rate_and_a_burst() {
    let admission = admission(false);
    for _ in 0..8 {
        assert_eq!(admission.admit_join(address("192.0.2.1")), Ok(()));
    }
    let (cause, wait) = admission.admit_join(address("192.0.2.1")).unwrap_err();
    assert_eq!((cause, wait), (NotAdmitted::TooManyJoins, Duration::from_millis(500)));
    assert_eq!(admission.admit_join(address("192.0.2.2")), Ok(()));
    for _ in 0..12 {
        assert_eq!(admission.admit_upgrade(address("192.0.2.1")), Ok(()));
    }
    let (cause, _) = admission.admit_upgrade(address("192.0.2.1")).unwrap_err();
    assert_eq!(cause, NotAdmitted::TooManyUpgrades);
}

#[test]
fn the_own_machine_is_exempt_unless_it_is_not() {
    let [exempt, limited] = [false, true].map(admission);
    for _ in 0..8 {
        assert_eq!(limited.admit_join(address("127.0.0.1")), Ok(()));
        assert_eq!(exempt.admit_join(address("127.0.0.1")), Ok(()));
    }
    assert!(limited.admit_join(address("127.0.0.1")).is_err());
    assert_eq!(exempt.admit_join(address("::1")), Ok(()));
}

#[test]
fn a_proxy_on_the_own_machine_that_nobody_told_of_is_met_once() {
    let known: IpNet = "127.0.0.0/8".parse().unwrap();
    let mut limits = admission(false).limits.clone();
    let unknown = Admission::new(limits.clone());
    assert_eq!(unknown.meets_unknown_proxy(None), None);
    assert_eq!(unknown.meets_unknown_proxy(address("192.0.2.1")), None, "anybody can claim that");
    assert_eq!(unknown.meets_unknown_proxy(address("10.0.0.1")), None, "known");
    assert_eq!(unknown.meets_unknown_proxy(address("::ffff:127.0.0.1")), address("127.0.0.1"));
    assert_eq!(unknown.meets_unknown_proxy(address("::1")), None, "told already");
    limits.trusted_proxies.push(known);
    let told = Admission::new(limits);
    assert_eq!(told.meets_unknown_proxy(address("127.0.0.1")), None);
    assert_eq!(told.meets_unknown_proxy(address("::1")), address("::1"));
}

#[test]
fn only_known_proxies_are_believed() {
    let admission = admission(false);
    let of = |peer, forwarded| admission.address_of(address(peer), forwarded);
    assert_eq!(of("192.0.2.1", Some("198.51.100.7")), address("192.0.2.1"));
    assert_eq!(of("10.0.0.1", Some("198.51.100.7")), address("198.51.100.7"));
    let chain = "6.6.6.6, 198.51.100.7, 10.1.1.1";
    assert_eq!(
        of("10.0.0.1", Some(chain)),
        address("198.51.100.7"),
        "what it claims before is a claim"
    );
    // Neither the proxy nor, should that be on it, the own machine.
    assert_eq!(of("10.0.0.1", Some("garbage")), Some(UNKNOWN));
    assert_eq!(of("10.0.0.1", Some("198.51.100.7, \u{fffd}")), Some(UNKNOWN));
    assert_eq!(of("10.0.0.1", None), address("10.0.0.1"));
    assert_eq!(of("::ffff:10.0.0.1", Some("198.51.100.7")), address("198.51.100.7"));
}
