//! Keeps the process's memory, which holds keys and names, from the user's other programs.

/// Has the system write no memory of this process to a core file, and let no other program of the same user look into
/// it. Programs of the system's administrator still can, and swap and hibernation are not the program's to forbid.
///
/// Where the system cannot do this, the program works without it, and the log says so.
pub(crate) fn seclude() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "other programs of this user can look into this program's memory");
        }
    }
}
