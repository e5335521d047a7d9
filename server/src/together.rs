//! What many ask at once and costs much to find out is found out once for all of them: each is told what was found
//! by a reading that began after they asked, so nobody hears anything older than by reading it themselves.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Who waits for an answer, by what they ask. Cheap to clone.
#[derive(Debug)]
pub struct Together<K, V>(Arc<Mutex<Waiting<K, V>>>);

/// A question is here as long as somebody finds out about it.
type Waiting<K, V> = HashMap<K, Vec<oneshot::Sender<V>>>;

impl<K, V> Clone for Together<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Together<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// Returns the answer to `question`, which `find` finds out, for everybody who has asked by the time that it
    /// begins; nothing if it panicked.
    pub async fn ask<F>(&self, question: K, find: impl Fn() -> F + Send + 'static) -> Option<V>
    where
        F: Future<Output = V> + Send,
    {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.lock();
            let is_first = !waiting.contains_key(&question);
            waiting.entry(question.clone()).or_default().push(answer);
            is_first
        };
        if is_first {
            // In a task of its own: whoever asked first may go away.
            let finding = Finding { together: self.clone(), question };
            tokio::spawn(async move { finding.run(find).await });
        }
        answered.await.ok()
    }

    /// Takes all who wait; nobody once none does, and then nobody finds out about it any more.
    fn take(&self, question: &K) -> Vec<oneshot::Sender<V>> {
        match self.lock().entry(question.clone()) {
            Entry::Occupied(held) if held.get().is_empty() => held.remove(),
            Entry::Occupied(mut held) => std::mem::take(held.get_mut()),
            Entry::Vacant(_) => Vec::new(),
        }
    }
}

impl<K, V> Together<K, V> {
    /// A panic elsewhere leaves nothing half done here: every change is one call.
    fn lock(&self) -> MutexGuard<'_, Waiting<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds out for all who wait, until nobody does.
struct Finding<K: Eq + Hash, V> {
    together: Together<K, V>,
    question: K,
}

impl<K, V> Finding<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    async fn run<F: Future<Output = V>>(self, find: impl Fn() -> F) {
        loop {
            let waiting = self.together.take(&self.question);
            if waiting.is_empty() {
                return;
            }
            let found = find().await;
            for answer in waiting {
                // Who asked may have gone.
                let _ = answer.send(found.clone());
            }
        }
    }
}

/// After a panic those who wait are told nothing, and the next to ask begins anew.
impl<K: Eq + Hash, V> Drop for Finding<K, V> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.together.lock().remove(&self.question);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test]
    async fn those_who_ask_while_it_is_found_out_share_one_later_answer() {
        let together: Together<&str, u32> = Together::default();
        let (found, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let ask = || {
            let (together, found, gate) = (together.clone(), Arc::clone(&found), Arc::clone(&gate));
            tokio::spawn(async move {
                let find = move || {
                    let (found, gate) = (Arc::clone(&found), Arc::clone(&gate));
                    async move {
                        let number = found.fetch_add(1, Ordering::SeqCst) + 1;
                        gate.acquire().await.unwrap().forget();
                        number
                    }
                };
                together.ask("how many", find).await
            })
        };

        let first = ask();
        while found.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let others = [ask(), ask(), ask()];
        while together.lock().get("how many").is_none_or(|waiting| waiting.len() < 3) {
            tokio::task::yield_now().await;
        }
        gate.add_permits(2);

        assert_eq!(first.await.unwrap(), Some(1));
        for other in others {
            assert_eq!(other.await.unwrap(), Some(2));
        }
        while !together.lock().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn after_a_panic_the_next_to_ask_begins_anew() {
        let together: Together<(), u32> = Together::default();

        assert_eq!(together.ask((), || async { panic!("as it may") }).await, None);
        while together.lock().contains_key(&()) {
            tokio::task::yield_now().await;
        }
        assert_eq!(together.ask((), || async { 7 }).await, Some(7));
    }
}
