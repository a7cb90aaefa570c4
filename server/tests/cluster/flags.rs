//! What a server says to a cluster that it cannot be in.

use std::net::TcpListener;
use std::process::Output;

use crate::fleet::{Fleet, KEY, nodes_at};
use crate::raw_redis::command;
use crate::support::process::{Process, refused, server};

/// What a server in the cluster of this Redis says as it ends with status 2.
fn refused_by(url: &str, flags: &[&str]) -> String {
    let cluster = format!("--cluster={url}");
    refused(&[&["--bind=127.0.0.1:0", KEY, &cluster], flags].concat())
}

/// A port on which nobody listens.
fn unused_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn without_a_key_of_its_own_a_server_is_in_no_cluster() {
    let said = refused(&["--cluster=redis://127.0.0.1:6379"]);
    assert!(said.contains("--auth-key"), "{said}");
    let said = refused(&[KEY, "--advertise=http://127.0.0.1:1"]);
    assert!(said.contains("--cluster"), "{said}");
}

#[test]
fn an_address_that_is_wrong_or_where_nobody_answers_is_refused() {
    for url in ["http://127.0.0.1:6379", "127.0.0.1:6379", "redis:127.0.0.1"] {
        let said = refused_by(url, &[]);
        assert!(said.contains("--cluster") && said.contains("redis://HOST:PORT"), "{said}");
    }
    let said = refused_by(&format!("redis://127.0.0.1:{}", unused_port()), &[]);
    assert!(said.contains("--cluster") && said.contains("does not answer"), "{said}");
    // A password is nobody's business.
    let said = refused_by(&format!("redis://:sesame@127.0.0.1:{}", unused_port()), &[]);
    assert!(!said.contains("sesame"), "{said}");
    // Somebody who listens, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let said = refused_by(&format!("redis://{}", silent.local_addr().unwrap()), &[]);
    assert!(said.contains("does not answer"), "{said}");
    let said = refused_by("redis://127.0.0.1:1", &["--bind=0.0.0.0:0"]);
    assert!(said.contains("--advertise") || said.contains("cannot be used multiple"), "{said}");
}

#[tokio::test]
async fn a_redis_that_is_not_there_yet_is_waited_for_if_that_is_wanted() {
    let mut fleet = Fleet::empty();
    let url = fleet.redis.url();
    fleet.redis.kill();
    let (sender, begun) = std::sync::mpsc::channel();
    let cluster = format!("--cluster={url}");
    let starting = std::thread::spawn(move || {
        let mut command = server();
        command.args(["--bind=127.0.0.1:0", KEY, &cluster, "--cluster-wait"]);
        let mut process = Process::begin(command);
        process.line_with("waiting for the cluster's store");
        sender.send(()).unwrap();
        process.listens();
        process
    });
    begun.recv().unwrap();
    fleet.redis.start_again();
    fleet.nodes.push(starting.join().unwrap());
    fleet.meet().await;
}

#[tokio::test]
async fn what_is_not_ours_under_our_keys_is_refused() {
    let fleet = Fleet::empty();
    let url = fleet.redis.url();
    for (words, due) in [
        (&["SET", "tickwire:format", "2"][..], "format 2"),
        (&["SET", "tickwire:format", "\u{1b}[2Jx"], "format"),
        (&["HSET", "tickwire:format", "a", "b"], "WRONGTYPE"),
        (&["SET", "tickwire:nodes", "hello"], "WRONGTYPE"),
        (&["SET", "tickwire:node:n1", "hello"], "tickwire:node:n1"),
        (&["LPUSH", "tickwire:node:n1", "hello"], "WRONGTYPE"),
        (&["SET", "tickwire:fence", "hello"], "tickwire:fence"),
    ] {
        command(&fleet.redis, words);
        let said = refused_by(&url, &["--node-name=n1"]);
        assert!(said.contains(due), "{words:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains('\u{1b}'), "{said}");
        command(&fleet.redis, &["FLUSHALL"]);
    }
}

#[tokio::test]
async fn a_name_is_one_nodes_and_free_again_when_that_is_dead() {
    let mut fleet = Fleet::empty();
    fleet.add("n1", &[]);
    let url = fleet.redis.url();
    let said = refused_by(&url, &["--node-name=n1"]);
    assert!(said.contains("n1") && said.contains("--node-name"), "{said}");
    // As somebody does it who starts again what has crashed.
    fleet.kill(0);
    fleet.add("n1", &[]);
    let nodes = nodes_at(&fleet.url(0)).await;
    assert_eq!(nodes["n1"]["url"], fleet.url(0));
}

#[test]
fn a_lease_is_neither_too_short_nor_too_long() {
    for lease in ["--cluster-lease=299ms", "--cluster-lease=31s", "--cluster-lease=0s"] {
        let said = refused_by("redis://127.0.0.1:1", &[lease]);
        assert!(said.contains("--cluster-lease"), "{said}");
    }
    let Output { status, .. } =
        server().args([KEY, "--cluster=redis://127.0.0.1:1", "--node-name=a b"]).output().unwrap();
    assert_eq!(status.code(), Some(2));
}
