//! Who asks for something of one place while others are being served there waits, and is served together with all who
//! wait by then: what a transaction costs is paid once for many.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Questions of one place that wait.
const WAITING_MAX: usize = 5_000;

/// Who waits, by place. Cheap to clone.
pub struct InTurn<P, Q, A> {
    places: Arc<Mutex<Places<P, Q, A>>>,
    together_max: usize,
}

/// Who waits, by place: it is here as long as somebody serves it.
type Places<P, Q, A> = HashMap<P, Vec<Waiting<Q, A>>>;

/// A question, and whom the answer goes to.
type Waiting<Q, A> = (Q, oneshot::Sender<A>);

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unanswered {
    /// Too many wait.
    Full,
    /// Whoever served the place panicked.
    Failed,
}

impl<P, Q, A> Clone for InTurn<P, Q, A> {
    fn clone(&self) -> Self {
        Self { places: Arc::clone(&self.places), together_max: self.together_max }
    }
}

impl<P, Q, A> fmt::Debug for InTurn<P, Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTurn").field("places", &self.lock().len()).finish_non_exhaustive()
    }
}

impl<P, Q, A> InTurn<P, Q, A> {
    /// Serves up to `together_max` questions of a place at once.
    pub fn new(together_max: usize) -> Self {
        Self { places: Arc::default(), together_max }
    }

    /// A panic elsewhere leaves nothing half done here: every change is one call.
    fn lock(&self) -> MutexGuard<'_, Places<P, Q, A>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P, Q, A> InTurn<P, Q, A>
where
    P: Clone + Eq + Hash + Send + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    /// Waits for the answer to `question`. `serve` answers questions in the order in which they were asked, one answer
    /// for each; that of the first who finds nobody served is used until nobody waits there any more.
    ///
    /// # Errors
    ///
    /// [`Unanswered`].
    pub async fn ask<F>(
        &self,
        place: P,
        question: Q,
        serve: impl Fn(Vec<Q>) -> F + Send + 'static,
    ) -> Result<A, Unanswered>
    where
        F: Future<Output = Vec<A>> + Send,
    {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.lock();
            let is_first = !waiting.contains_key(&place);
            let there = waiting.entry(place.clone()).or_default();
            if there.len() >= WAITING_MAX {
                return Err(Unanswered::Full);
            }
            there.push((question, answer));
            is_first
        };
        if is_first {
            // In a task of its own: whoever asked first may go away, and what was begun is done all the same.
            let serving = Serving { line: self.clone(), place };
            tokio::spawn(async move { serving.run(serve).await });
        }
        answered.await.map_err(|_| Unanswered::Failed)
    }

    /// Takes some of those who wait; nobody once none does, and then nobody serves the place any more.
    fn next(&self, place: &P) -> Vec<Waiting<Q, A>> {
        let mut waiting = self.lock();
        let Entry::Occupied(mut there) = waiting.entry(place.clone()) else { return Vec::new() };
        if there.get().is_empty() {
            there.remove();
            return Vec::new();
        }
        let count = there.get().len().min(self.together_max);
        there.get_mut().drain(..count).collect()
    }
}

/// Serves a place until nobody waits there.
struct Serving<P: Eq + Hash, Q, A> {
    line: InTurn<P, Q, A>,
    place: P,
}

impl<P, Q, A> Serving<P, Q, A>
where
    P: Clone + Eq + Hash + Send + 'static,
    Q: Send + 'static,
    A: Send + 'static,
{
    async fn run<F: Future<Output = Vec<A>>>(self, serve: impl Fn(Vec<Q>) -> F) {
        loop {
            let waiting = self.line.next(&self.place);
            if waiting.is_empty() {
                return;
            }
            let (questions, askers): (Vec<Q>, Vec<oneshot::Sender<A>>) = waiting.into_iter().unzip();
            for (asker, answer) in askers.into_iter().zip(serve(questions).await) {
                // Who asked may have gone.
                let _ = asker.send(answer);
            }
        }
    }
}

/// After a panic those who wait are told that they failed, and the next to come begins anew.
impl<P: Eq + Hash, Q, A> Drop for Serving<P, Q, A> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.line.lock().remove(&self.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;
    use tokio::task::{JoinHandle, yield_now};

    use super::*;

    type Line = InTurn<&'static str, u32, Vec<u32>>;
    type Answer = Result<Vec<u32>, Unanswered>;

    /// Asks; once there is a permit it is answered with all that was asked together.
    fn ask(line: &Line, question: u32, permits: &Arc<Semaphore>) -> JoinHandle<Answer> {
        let (line, permits) = (line.clone(), Arc::clone(permits));
        let serve = move |questions: Vec<u32>| {
            let permits = Arc::clone(&permits);
            async move {
                permits.acquire().await.unwrap().forget();
                questions.iter().map(|_| questions.clone()).collect()
            }
        };
        tokio::spawn(async move { line.ask("door", question, serve).await })
    }

    async fn until_waiting(line: &Line, number: usize) {
        while line.lock().get("door").is_none_or(|there| there.len() != number) {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn those_who_come_while_another_is_served_are_served_together_in_order() {
        let (line, permits) = (Line::new(2), Arc::new(Semaphore::new(0)));
        let mut asked = Vec::new();
        for (question, waiting) in (0..4).zip(0..4) {
            asked.push(ask(&line, question, &permits));
            until_waiting(&line, waiting).await;
        }
        permits.add_permits(3);

        let mut answers = Vec::new();
        for asked in asked {
            answers.push(asked.await.unwrap().unwrap());
        }
        assert_eq!(answers, [vec![0], vec![1, 2], vec![1, 2], vec![3]]);
        while !line.lock().is_empty() {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn too_many_are_sent_away() {
        let (line, permits) = (Line::new(1), Arc::new(Semaphore::new(0)));
        let first = ask(&line, 0, &permits);
        until_waiting(&line, 0).await;
        line.lock().get_mut("door").unwrap().extend((0..WAITING_MAX).map(|_| (1, oneshot::channel().0)));

        assert_eq!(ask(&line, 2, &permits).await.unwrap(), Err(Unanswered::Full));
        permits.close();
        assert_eq!(first.await.unwrap(), Err(Unanswered::Failed));
    }

    #[tokio::test]
    async fn after_a_panic_the_next_to_ask_begins_anew() {
        let (line, permits) = (Line::new(1), Arc::new(Semaphore::new(1)));

        assert_eq!(line.ask("door", 7, |_| async { panic!("as it may") }).await, Err(Unanswered::Failed));
        while !line.lock().is_empty() {
            yield_now().await;
        }
        assert_eq!(ask(&line, 8, &permits).await.unwrap(), Ok(vec![8]));
    }
}
