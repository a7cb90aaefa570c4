//! The scripts, in a real Redis.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use support::RedisProcess;
use tickwire_cluster::bus::RedisBus;
use tickwire_cluster::record::{NodeRecord, RoomRecord};
use tickwire_cluster::store::journal::{JournalPiece, Keeping};
use tickwire_cluster::store::{Barred, Creation, Owner, Patience, Renewal, Store, Taking};
use tickwire_cluster::{Instance, Standing, StoreError};
use tickwire_protocol::ids::{Fence, RoomId};

const LEASE: Duration = Duration::from_millis(300);

fn instance(name: &str, incarnation: u64) -> Instance {
    Instance { name: name.parse().unwrap(), incarnation }
}

fn node(instance: &Instance) -> NodeRecord {
    let name = &instance.name;
    serde_json::from_value(
        serde_json::json!({ "instance": instance, "url": format!("http://{name}") }),
    )
    .unwrap()
}

fn room(number: u64, free_seats: u32) -> RoomRecord {
    let room = RoomId::from_bits(number);
    let record =
        serde_json::json!({ "room": room.to_string(), "game": "arena", "free_seats": free_seats });
    serde_json::from_value(record).unwrap()
}

fn id(number: u64) -> RoomId {
    RoomId::from_bits(number)
}

async fn store(redis: &RedisProcess, name: &str, incarnation: u64) -> Store {
    Store::connect(&redis.url(), instance(name, incarnation), LEASE).await.unwrap()
}

/// One with a lease.
async fn member(redis: &RedisProcess, name: &str, incarnation: u64) -> Store {
    let store = store(redis, name, incarnation).await;
    assert_eq!(store.register(&node(store.me()), Fence::NONE).await.unwrap(), Ok(()));
    store
}

/// Renews, and votes. Who has lapsed is returned.
async fn vote(store: &Store) -> Vec<Instance> {
    let record = node(store.me());
    let mut votes_at_ms = None;
    // The first one tells when it was, which the second one needs.
    loop {
        match store.renew(&record, votes_at_ms).await.unwrap() {
            Renewal::Renewed { lapsed, .. } if votes_at_ms.is_some() => return lapsed,
            Renewal::Renewed { at_ms, .. } => votes_at_ms = Some(at_ms),
            other => panic!("{other:?}"),
        }
    }
}

async fn created(store: &Store, number: u64, once: &str) -> Fence {
    match store.create(&room(number, 5), once, None).await.unwrap() {
        Creation::Created(fence) => fence,
        other => panic!("{other:?}"),
    }
}

/// Waits until a node's tenure has ended; the others renew theirs, and vote.
async fn outlive(dead: &Store, others: &[&Store]) {
    let since = Instant::now();
    loop {
        let mut has_lapsed = false;
        for other in others {
            has_lapsed |= vote(other).await.contains(dead.me());
        }
        // Who has lapsed has no lease, but the tenure may go on.
        if has_lapsed && since.elapsed() > Standing::tenure_of(LEASE) + LEASE / 10 {
            return;
        }
    }
}

#[tokio::test]
async fn leases_are_renewed_and_lapse() {
    let redis = RedisProcess::start();
    let (one, other) = (member(&redis, "one", 1).await, member(&redis, "other", 2).await);
    assert_eq!(vote(&one).await, []);
    assert_eq!(one.nodes().await.unwrap().len(), 2);
    outlive(&other, &[&one]).await;
    assert_eq!(vote(&one).await, [instance("other", 2)]);
    assert_eq!(one.nodes().await.unwrap(), [node(one.me())]);
    assert_eq!(other.renew(&node(other.me()), None).await.unwrap(), Renewal::Lapsed);
    one.leave().await.unwrap();
    assert_eq!(one.renew(&node(one.me()), None).await.unwrap(), Renewal::Lapsed);
}

#[tokio::test]
async fn a_name_is_one_process_at_a_time() {
    let redis = RedisProcess::start();
    let one = member(&redis, "one", 1).await;
    let twin = store(&redis, "one", 2).await;
    let barred = Barred::NameTaken("one".to_owned());
    assert_eq!(twin.register(&node(twin.me()), Fence::NONE).await.unwrap(), Err(barred.clone()));
    assert_eq!(twin.renew(&node(twin.me()), None).await.unwrap(), Renewal::Barred(barred));
    one.leave().await.unwrap();
    assert_eq!(twin.register(&node(twin.me()), Fence::NONE).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_room_is_opened_once_however_often_it_is_asked_for() {
    let redis = RedisProcess::start();
    let one = member(&redis, "one", 1).await;
    let fence = created(&one, 7, "key").await;
    let owner = Owner { instance: one.me().clone(), fence };
    let again = one.create(&room(8, 5), "key", None).await.unwrap();
    assert_eq!(again, Creation::Again { room: id(7), owner: owner.clone() });
    assert_eq!(one.create(&room(7, 5), "other key", None).await.unwrap(), Creation::Exists);
    assert_eq!(one.owner(id(7)).await.unwrap(), Some(owner));
    assert_eq!(one.owner(id(8)).await.unwrap(), None);
    let next = created(&one, 9, "third").await;
    assert!(next > fence);
    let private = one.create(&room(10, 5), "fourth", Some("code")).await.unwrap();
    assert!(matches!(private, Creation::Created(_)));
    assert_eq!(one.room_of_code("code").await.unwrap(), Some(id(10)));
    assert_eq!(one.create(&room(11, 5), "fifth", Some("code")).await.unwrap(), Creation::Exists);
    // Without a lease nothing is opened.
    let stranger = store(&redis, "stranger", 3).await;
    assert_eq!(stranger.create(&room(12, 5), "sixth", None).await.unwrap(), Creation::Lapsed);
}

#[tokio::test]
async fn a_dead_nodes_room_goes_to_one_other_and_its_number_grows() {
    let redis = RedisProcess::start();
    let dead = member(&redis, "dead", 1).await;
    let (one, other) = (member(&redis, "one", 2).await, member(&redis, "other", 3).await);
    let fence = created(&dead, 7, "key").await;
    vote(&one).await;
    assert_eq!(one.take_over(id(7), fence, dead.me()).await.unwrap(), Taking::Alive);
    outlive(&dead, &[&one, &other]).await;
    assert_eq!(one.rooms_of(dead.me()).await.unwrap().len(), 1);
    let Taking::Taken { fence: next, record } =
        one.take_over(id(7), fence, dead.me()).await.unwrap()
    else {
        panic!("not taken")
    };
    assert!(next > fence);
    assert_eq!(record, Some(room(7, 5)));
    let again = one.take_over(id(7), fence, dead.me()).await.unwrap();
    assert_eq!(again, Taking::Taken { fence: next, record }, "should the answer be lost");
    assert_eq!(other.take_over(id(7), fence, dead.me()).await.unwrap(), Taking::Changed);
    assert_eq!(one.room_ids_of(dead.me()).await.unwrap(), []);
    assert_eq!(one.room_ids_of(one.me()).await.unwrap(), [id(7)]);
    // The dead comes back, and is told.
    assert_eq!(dead.register(&node(dead.me()), fence).await.unwrap(), Ok(()));
    let had = RoomRecord { fence, ..room(7, 5) };
    assert_eq!(dead.claim(&[had]).await.unwrap(), [id(7)]);
    let piece = JournalPiece { begins: true, bytes: vec![1] };
    let kept = dead.append(id(7), fence, std::slice::from_ref(&piece)).await.unwrap();
    assert_eq!(kept, Keeping::Lost, "it writes nothing");
    assert_eq!(one.append(id(7), next, &[piece]).await.unwrap(), Keeping::Kept);
    assert!(!dead.release(id(7), "arena", fence, None).await.unwrap());
    assert!(one.release(id(7), "arena", next, None).await.unwrap());
    assert_eq!(one.owner(id(7)).await.unwrap(), None);
    assert_eq!(one.journal(id(7)).await.unwrap(), []);
}

#[tokio::test]
async fn fewer_than_half_take_nothing_over() {
    let redis = RedisProcess::start();
    let dead = member(&redis, "dead", 1).await;
    let fence = created(&dead, 7, "key").await;
    let (gone, one) = (member(&redis, "gone", 2).await, member(&redis, "one", 3).await);
    outlive(&dead, &[&one]).await;
    outlive(&gone, &[&one]).await;
    assert_eq!(one.take_over(id(7), fence, dead.me()).await.unwrap(), Taking::Minority);
    assert_eq!(gone.register(&node(gone.me()), Fence::NONE).await.unwrap(), Ok(()));
    assert_eq!(
        one.take_over(id(7), fence, dead.me()).await.unwrap(),
        Taking::Minority,
        "it is not steady"
    );
    vote(&gone).await;
    vote(&one).await;
    assert!(matches!(one.take_over(id(7), fence, dead.me()).await.unwrap(), Taking::Taken { .. }));
}

#[tokio::test]
async fn a_room_is_handed_over_by_its_owner_alone() {
    let redis = RedisProcess::start();
    let (from, to) = (member(&redis, "from", 1).await, member(&redis, "to", 2).await);
    let fence = created(&from, 7, "key").await;
    let wrong = to.accept(&room(7, 5), Fence(fence.0 + 1), from.me()).await.unwrap();
    assert_eq!(wrong, Taking::Changed);
    let Taking::Taken { fence: next, .. } = to.accept(&room(7, 5), fence, from.me()).await.unwrap()
    else {
        panic!()
    };
    assert!(next > fence);
    let again = to.accept(&room(7, 5), fence, from.me()).await.unwrap();
    assert!(
        matches!(again, Taking::Taken { fence, .. } if fence == next),
        "should the answer be lost"
    );
    assert_eq!(from.room_ids_of(from.me()).await.unwrap(), []);
}

#[tokio::test]
async fn a_store_that_lost_everything_gets_it_back_and_fences_only_grow() {
    let mut redis = RedisProcess::start();
    let one = member(&redis, "one", 1).await;
    created(&one, 1, "a").await;
    let fence = created(&one, 2, "b").await;
    redis.kill();
    assert!(one.renew(&node(one.me()), None).await.unwrap_err().is_away());
    redis.start_again();
    let again = loop {
        match one.renew(&node(one.me()), None).await {
            Err(cause) if cause.is_away() => {}
            other => break other.unwrap(),
        }
    };
    assert_eq!(again, Renewal::Lapsed);
    assert_eq!(one.register(&node(one.me()), fence).await.unwrap(), Ok(()));
    let had = RoomRecord { fence, ..room(2, 5) };
    assert_eq!(one.claim(&[had]).await.unwrap(), []);
    assert_eq!(one.owner(id(2)).await.unwrap(), Some(Owner { instance: one.me().clone(), fence }));
    assert!(created(&one, 3, "c").await > fence);
    assert!(one.uptime().await.unwrap() < Duration::from_secs(60));
}

#[tokio::test]
async fn a_journal_is_kept_from_its_last_keyframe_on() {
    let redis = RedisProcess::start();
    let one = member(&redis, "one", 1).await;
    let fence = created(&one, 7, "a").await;
    let piece = |begins, byte| JournalPiece { begins, bytes: vec![byte; 3] };
    assert_eq!(
        one.append(id(7), fence, &[piece(true, 1), piece(false, 2)]).await.unwrap(),
        Keeping::Kept
    );
    assert_eq!(one.append(id(7), fence, &[piece(false, 3)]).await.unwrap(), Keeping::Kept);
    assert_eq!(
        one.journal(id(7)).await.unwrap(),
        [piece(true, 1), piece(false, 2), piece(false, 3)]
    );
    let kept = one.append(id(7), fence, &[piece(false, 4), piece(true, 5), piece(false, 0)]).await;
    assert_eq!(kept.unwrap(), Keeping::Kept);
    assert_eq!(one.journal(id(7)).await.unwrap(), [piece(true, 5), piece(false, 0)]);
    // A loss of data is no loss of the room.
    let client = redis::Client::open(redis.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHALL").query_async(&mut raw).await.unwrap();
    let again = [piece(true, 6)];
    assert_eq!(one.append(id(7), fence, &again).await.unwrap(), Keeping::Forgotten);
    assert_eq!(one.journal(id(7)).await.unwrap(), []);
    one.register(&node(one.me()), fence).await.unwrap().unwrap();
    assert_eq!(one.claim(&[RoomRecord { fence, ..room(7, 5) }]).await.unwrap(), []);
    let middle = [piece(false, 7)];
    assert_eq!(one.append(id(7), fence, &middle).await.unwrap(), Keeping::Forgotten);
    assert_eq!(one.append(id(7), fence, &again).await.unwrap(), Keeping::Kept);
    assert_eq!(one.append(id(7), fence, &middle).await.unwrap(), Keeping::Kept);
    assert_eq!(one.journal(id(7)).await.unwrap(), [piece(true, 6), piece(false, 7)]);
}

#[tokio::test]
async fn the_fullest_room_that_is_not_full_is_first() {
    let redis = RedisProcess::start();
    let one = member(&redis, "one", 1).await;
    let locked = RoomRecord { has_password: true, ..room(4, 1) };
    one.note_rooms(&[room(1, 9), room(2, 2), room(3, 0), locked]).await.unwrap();
    assert_eq!(one.open_rooms("arena", 8).await.unwrap(), [id(2), id(1)]);
    one.note_rooms(&[room(2, 0)]).await.unwrap();
    assert_eq!(one.open_rooms("arena", 8).await.unwrap(), [id(1)]);
    one.strike_off("arena", id(1)).await.unwrap();
    assert_eq!(one.open_rooms("arena", 8).await.unwrap(), []);
    assert!(one.begin_opening("arena").await.unwrap());
    assert!(!one.begin_opening("arena").await.unwrap());
    assert!(one.begin_opening("drift").await.unwrap());
    one.end_opening("arena").await.unwrap();
    assert!(one.begin_opening("arena").await.unwrap());
}

#[tokio::test]
async fn what_is_not_ours_is_told_and_never_touched() {
    let redis = RedisProcess::start();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let one = member(&redis, "one", 1).await;
    let fence = created(&one, 7, "a").await;
    let set = |key: String, value: &str| {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value);
        set
    };
    let () = set("tickwire:format".into(), "99").query_async(&mut raw).await.unwrap();
    let barred = Barred::Format("99".to_owned());
    assert_eq!(one.renew(&node(one.me()), None).await.unwrap(), Renewal::Barred(barred.clone()));
    assert_eq!(one.register(&node(one.me()), fence).await.unwrap(), Err(barred));
    let () = set("tickwire:format".into(), "1").query_async(&mut raw).await.unwrap();
    // Other types, and other contents.
    let () =
        set("tickwire:owner:0000000007".into(), "nonsense").query_async(&mut raw).await.unwrap();
    assert!(matches!(one.owner(id(7)).await, Err(StoreError::Refused(_))));
    assert!(matches!(one.claim(&[room(7, 5)]).await, Err(StoreError::Refused(_))));
    let mut odd = redis::cmd("HSET");
    odd.arg("tickwire:owner:0000000008").arg("instance").arg("\u{1}").arg("fence").arg("-");
    let () = odd.query_async(&mut raw).await.unwrap();
    assert!(matches!(one.owner(id(8)).await, Err(StoreError::Foreign { .. })));
    let () = set("tickwire:node:other".into(), "nonsense").query_async(&mut raw).await.unwrap();
    let mut odd = redis::cmd("ZADD");
    odd.arg("tickwire:nodes").arg(1).arg("nonsense").arg(1).arg("other@0000000000000001");
    let () = odd.query_async(&mut raw).await.unwrap();
    assert_eq!(vote(&one).await, [instance("other", 1)], "what can be read");
    assert_eq!(one.nodes().await.unwrap(), [node(one.me())]);
    let other = store(&redis, "other", 5).await;
    assert!(matches!(
        other.register(&node(other.me()), Fence::NONE).await,
        Err(StoreError::Foreign { .. })
    ));
    let mut odd = redis::cmd("HSET");
    odd.arg(format!("tickwire:rooms:{}", one.me())).arg("x").arg("{").arg("0000000009").arg("[]");
    let () = odd.query_async(&mut raw).await.unwrap();
    assert_eq!(one.rooms_of(one.me()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn every_key_has_an_end() {
    let redis = RedisProcess::start();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let one = member(&redis, "one", 1).await;
    let fence = created(&one, 7, "a").await;
    one.create(&room(8, 5), "b", Some("code")).await.unwrap();
    vote(&one).await;
    one.note_rooms(&[room(7, 3)]).await.unwrap();
    one.append(id(7), fence, &[JournalPiece { begins: true, bytes: vec![1] }]).await.unwrap();
    one.begin_opening("arena").await.unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut raw).await.unwrap();
    assert_eq!(keys.len(), 14, "{keys:?}");
    for key in keys {
        assert!(key.starts_with("tickwire:"), "{key}");
        let stays: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut raw).await.unwrap();
        assert!(stays > 0, "{key} stays for ever");
    }
}

#[tokio::test]
async fn what_is_published_reaches_all_who_subscribe_also_after_a_restart() {
    let mut redis = RedisProcess::start();
    let patience = Patience::of_lease(Duration::from_secs(1));
    let one = RedisBus::connect(&redis.url(), patience).await.unwrap();
    let other = RedisBus::connect(&redis.url(), patience).await.unwrap();
    let (mut heard, mut heard_too) = (one.subscribe("a"), other.subscribe("a"));
    let mut silence = other.subscribe("b");
    for round in 0..2_u8 {
        // A subscription is not there at once.
        let first = loop {
            one.publish("a", vec![round, 0xff].into());
            let Ok(message) = tokio::time::timeout(LEASE, heard_too.recv()).await else { continue };
            break message.unwrap();
        };
        assert_eq!(first[..], [round, 0xff]);
        while tokio::time::timeout(LEASE, heard.recv()).await.is_ok_and(|message| message.is_some())
        {
        }
        while heard_too.try_recv().is_ok() {}
        redis.kill();
        redis.start_again();
    }
    assert!(silence.try_recv().is_err());
}

#[tokio::test]
async fn an_address_that_is_none_or_where_nobody_is_says_so() {
    let me = instance("one", 1);
    let wrong = Store::connect("http://127.0.0.1:1", me.clone(), LEASE).await;
    assert!(matches!(wrong, Err(StoreError::Address(_))));
    let nobody = Store::connect("redis://127.0.0.1:1", me, LEASE).await;
    assert!(nobody.is_err_and(|cause| cause.is_away()));
}
