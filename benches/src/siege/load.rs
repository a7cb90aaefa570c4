//! The load's threads. Each part of a load has a thread and a runtime of its own, so that what is done to
//! the server does not delay those who measure it: who does harm runs at a lower priority than who looks on.

use std::io;
use std::thread::{self, JoinHandle};

use rustix::process::setpriority_process;
use thiserror::Error;
use tokio::sync::{oneshot, watch};
use tokio::task::LocalSet;

/// By how much a thread that does harm is nicer than others.
const NICER: i32 = 10;

/// What a case is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Everybody is on the way in.
    Gathering,
    /// Everybody is well: what comes later is compared with this.
    Before,
    /// The hardship.
    During,
    /// It has passed: whoever caused it leaves.
    After,
    /// Everybody is to leave.
    Over,
}

/// Tells everybody what the case is at.
pub type Stages = watch::Sender<Stage>;

/// What the case is at, as everybody sees it.
#[derive(Clone, Debug)]
pub struct Scene(watch::Receiver<Stage>);

/// Whose thread it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One that measures, or plays by the rules.
    Good,
    /// One that does harm.
    Bad,
}

/// Why a part of the load came to nothing.
#[derive(Debug, Error)]
pub enum LoadError {
    /// No thread, or no runtime.
    #[error("a thread of the load: {0}")]
    Thread(#[from] io::Error),
    /// Its thread panicked.
    #[error("a thread of the load has panicked")]
    Panicked,
}

/// A part of the load that is at work. Dropped, its work is dropped as well, and that is waited for: what
/// it has made of processes and networks is gone then.
#[derive(Debug)]
pub struct Load<T> {
    result: oneshot::Receiver<T>,
    thread: Option<JoinHandle<()>>,
}

/// A case's stages, and how everybody sees them.
#[must_use]
pub fn stages() -> (Stages, Scene) {
    let (stages, scene) = watch::channel(Stage::Gathering);
    (stages, Scene(scene))
}

impl Scene {
    /// What the case is at. Over, when nobody tells any more.
    #[must_use]
    pub fn now(&self) -> Stage {
        if self.0.has_changed().is_err() { Stage::Over } else { *self.0.borrow() }
    }

    /// Waits for a stage, or a later one.
    pub async fn reached(&mut self, stage: Stage) {
        // Nobody tells any more: it is over.
        let _ = self.0.wait_for(|&now| now >= stage).await;
    }
}

/// Starts a part of the load: `work` begins on a thread of its own, where it may spawn local tasks.
///
/// # Errors
/// [`LoadError::Thread`].
pub fn spawn<T, F>(
    part: Part,
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<Load<T>, LoadError>
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut sender, result) = oneshot::channel();
    let thread = thread::Builder::new().name("load".to_owned()).spawn(move || {
        if part == Part::Bad {
            // Of this thread alone. Where it is not allowed, measurements are less exact.
            let _ = setpriority_process(None, NICER);
        }
        let until_dropped = async {
            tokio::select! {
                result = async { work().await } => Some(result),
                () = sender.closed() => None,
            }
        };
        if let Some(result) = LocalSet::new().block_on(&runtime, until_dropped) {
            // That it is dropped just now is as good.
            let _ = sender.send(result);
        }
    })?;
    Ok(Load { result, thread: Some(thread) })
}

impl<T> Load<T> {
    /// Waits until it is done.
    ///
    /// # Errors
    /// [`LoadError::Panicked`].
    pub async fn done(mut self) -> Result<T, LoadError> {
        (&mut self.result).await.map_err(|_| LoadError::Panicked)
    }
}

impl<T> Drop for Load<T> {
    fn drop(&mut self) {
        self.result.close();
        if let Some(thread) = self.thread.take() {
            // Whether it has panicked was told, or is of no interest any more.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_follows_the_stages() {
        let (stages, scene) = stages();
        let load = spawn(Part::Bad, move || async move {
            let mut scene = scene;
            scene.reached(Stage::Before).await;
            scene.now()
        });
        stages.send_replace(Stage::During);
        assert_eq!(load.unwrap().done().await.unwrap(), Stage::During);
    }

    #[tokio::test]
    async fn a_scene_without_stages_is_over() {
        let (stages, mut scene) = stages();
        drop(stages);
        scene.reached(Stage::During).await;
        assert_eq!(scene.now(), Stage::Over);
    }

    #[tokio::test]
    async fn a_panic_is_told() {
        let load = spawn(Part::Good, || async { panic!("on purpose") }).unwrap();
        let result: Result<(), _> = load.done().await;
        assert!(matches!(result, Err(LoadError::Panicked)));
    }
}
