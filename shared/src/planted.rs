//! Bugs planted on purpose: a suite that is silent has proven something only if it speaks up about these.
//!
//! With the feature `planted-bugs` one of them can be switched on for the current thread. No function enables the feature: there
//! `is` is the constant `false`, and nothing of a bug is compiled. To plant another: a line below, and its place in the code.

macro_rules! bugs {
    ($($(#[doc = $what:literal])+ $bug:ident = $name:literal,)+) => {
        /// What is done wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Bug {
            $($(#[doc = $what])+ $bug,)+
        }

        impl Bug {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$bug),+];

            /// Its name in reports and on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$bug => $name,)+
                }
            }
        }
    };
}

bugs! {
    /// A worker that lost its lane writes jobs all the same: neither fence nor version is looked at (J1, V10).
    NoFence = "job-without-fence",
    /// A lane is given back whoever rang or took it meanwhile (L3).
    ReleaseAlways = "release-unconditionally",
    /// No second look after a ring, though the index may lag (L4).
    NoSecondLook = "release-without-second-look",
    /// Taking a lane forgets when it wants to be rung (L1).
    ClaimClearsWake = "claim-clears-wake-at",
    /// Giving a lane back forgets the due times that this drain wrote (L4).
    ForgetOwnWrites = "release-ignores-own-writes",
    /// The place in the list of changes is kept before the people of the page are (V11).
    CursorBeforeRows = "cursor-before-rows",
    /// Sync writes a person as if nobody else wrote on the row (J1).
    PutPeople = "people-with-a-put",
    /// An older sync may overwrite what a newer one stored (V11).
    NoSyncFence = "no-sync-fence",
    /// A number is free as soon as Microsoft is asked to take it away (A4).
    FreeTooEarly = "number-freed-before-unassigned",
    /// A number may be given while a request about it can still take effect (A4).
    PickSettling = "pick-a-settling-number",
    /// An order that Microsoft took is as good as carried out.
    AcceptedIsDone = "accepted-is-done",
    /// A lost answer is taken for a yes, and nobody looks (A2).
    SkipReadBack = "skip-the-read-back",
    /// What a read does not show is believed before it can be (A2).
    ConcludeEarly = "conclude-before-settle",
    /// The job says that it keeps a number, and the number does not (I5).
    ForgetHold = "forget-to-hold-the-number",
    /// A new job begins at once, whatever the old one has under way (J2, A3).
    Seizure = "supersede-by-seizure",
    /// Rules take over from an offboarding (J3).
    AutomationFirst = "automation-supersedes-offboarding",
    /// What an administrator changed by hand is changed back (V15).
    RepairDrift = "repair-drift",
    /// A request is sent before it is recorded (A1).
    AskUnrecorded = "ask-before-it-is-recorded",
    /// A job is committed, and its lane is not told (L2).
    CommitUnrung = "commit-without-ringing",
    /// A job ends, and its person does not know (J1).
    EndByHalves = "end-by-halves",
}

impl Bug {
    /// The bug of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bug| bug.name() == name)
    }
}

/// Whether this bug is switched on.
#[cfg(not(feature = "planted-bugs"))]
pub(crate) const fn is(_: Bug) -> bool {
    false
}

/// Whether this bug is switched on for this thread.
#[cfg(feature = "planted-bugs")]
pub(crate) fn is(bug: Bug) -> bool {
    PLANTED.get() == Some(bug)
}

#[cfg(feature = "planted-bugs")]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Switches a bug on for this thread, or every bug off.
#[cfg(feature = "planted-bugs")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.set(bug);
}
