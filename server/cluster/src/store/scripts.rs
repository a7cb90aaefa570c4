//! The scripts: each is one change of the store, whole or not at all.

use redis::Script;

macro_rules! scripts {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {
        /// All scripts, with what they share before each.
        #[derive(Debug)]
        pub(super) struct Scripts {
            $($(#[$about])* pub(super) $name: Script,)*
        }

        impl Default for Scripts {
            fn default() -> Self {
                Self {
                    $($name: Script::new(concat!(
                        include_str!("../scripts/common.lua"),
                        include_str!(concat!("../scripts/", stringify!($name), ".lua")),
                    )),)*
                }
            }
        }
    };
}

scripts! {
    /// Renews a lease that is there.
    renew,
    /// Gives a lease to a node that has none.
    register,
    /// Names the rooms that a node has.
    claim,
    /// Opens a room.
    create,
    /// Gives a dead node's room to another one.
    take_over,
    /// Takes a room that its owner hands over.
    accept,
    /// Ends a room.
    release,
    /// Keeps pieces of a journal.
    append,
    /// Gives a lease back.
    leave,
    /// Forgets a node.
    bury,
}
