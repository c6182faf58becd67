/*
 * The handoff. An update of one hop, from the slot OLD to the slot NEW, with the keeper, and with
 * everything that may go wrong: either control plane is killed at any moment or is only slow, the
 * keeper does not answer or its answer is lost, a step fails, a person calls the update off or asks
 * for it again, NEW ends or hangs whenever it starts. A fenced transaction is one act: lease.pml
 * says why it may be.
 *
 * The real thing: update/executor.py, update/update.py, update/steps/handoff.py and commit.py for the
 * control planes, rackd/service.py for their start, keeper/record.py and watch.py for the keeper. What
 * -D takes out shows what it is there for: see test_models.py, and docs/model.md.
 */
#define OLD 0
#define NEW 1
#define OTHER(slot) (1 - (slot))
#ifndef FAULTS
#define FAULTS 2                    /* kills, and questions that the keeper does not answer */
#endif
#define ENDS 1                      /* the keeper's is 3: how often NEW may end before its commit */

/* The keeper's record; it is durable, and the keeper's acts are single moments. */
mtype:phase = { committed, trial, fallen_back };
mtype:role = { absent, serving, leaving, stopping };
mtype:phase phase = committed;
mtype:role role[2] = absent;
byte current = OLD, ends;
bool fresh;                         /* the slot on trial has shown a sign of life of late */

/* The processes. */
mtype:life = { off, on, killed };
mtype:life life[2] = off;
mtype:ailment = { none, ends_at_start, hangs_at_start, ends_with_lease, hangs_with_lease };
mtype:ailment ailment = none;       /* of NEW */
byte faults = FAULTS;

/* The records: the lease, and the journal of the update. */
mtype:step = { nothing, stage, handoff, rest, commit, everything };
mtype:state = { updating, rollback, done, undone };
byte token, held[2];                /* the newest token, and the one that each control plane has */
mtype:state state = updating;
mtype:step step = stage;            /* the one to do, or to undo, next */
bool begun;                         /* that one was recorded to have begun */
bool again = true;                  /* a person may ask once more for an update that was undone */

/* The world, which no transaction fences. */
bool staged;                        /* slot NEW is there */
byte machines = OLD, api = OLD;     /* what the instances run, where the API's link leads */
bool contracted;                    /* the records have lost the form that OLD needs */

#define HOLDS(slot)     (held[slot] != 0 && held[slot] == token)
#define SETTLED         (state == done || state == undone)
#define AHEAD           (!SETTLED && !begun)
#define DOING(which)    (state == updating && begun && step == which)
#define UNDOING(which)  (state == rollback && begun && step == which)
#define DISPLACED(slot) (slot == OLD && state == updating && (step == rest || step == commit))
#define COMMITTING      (DOING(commit) || step == everything)

/* ---------------------------------------------------------------------------------- keeper */

inline given(slot, what) { if :: role[slot] != absent -> role[slot] = what :: else fi }

inline switch_to(slot) {
  if
  :: slot == current -> answered = true
  :: slot != current && phase == fallen_back -> answered = false
  :: slot != current && phase != fallen_back ->
     if :: phase == trial -> phase = committed :: else -> phase = trial fi;
     given(current, leaving);
     given(slot, stopping);
     current = slot; ends = 0; fresh = true; answered = true
  fi
}

#define STOPPING (role[OLD] == stopping || role[NEW] == stopping)

#ifdef COMMIT_WHILE_STOPPING
#define MAY_COMMIT(slot) (slot == current)
#else
#define MAY_COMMIT(slot) (slot == current && !STOPPING)
#endif

inline commit_it(slot) {
  answered = MAY_COMMIT(slot);
  if :: answered -> phase = committed :: else fi
}

inline prolong(slot) {
#ifdef PROLONG_NAMES_NO_SLOT
  fresh = (phase == trial)
#else
  if :: slot == current && phase == trial -> fresh = true :: else fi
#endif
}

inline give_up() {
  phase = fallen_back; current = OTHER(current); ends = 0; fresh = false;
  given(OLD, stopping);
  given(NEW, stopping)
}

inline withdraw(slot) {
  answered = (slot == current || phase == trial);
  if
  :: slot != current && phase == trial ->
     phase = committed; current = slot; ends = 0;
     given(slot, serving);
     given(OTHER(slot), stopping)
  :: else
  fi
}

inline ended(slot) {
  if
  :: slot == current && role[slot] == serving && phase == trial ->
     role[slot] = absent; ends++;
     if :: ends > ENDS -> give_up() :: else fi
  :: else -> role[slot] = absent
  fi
}

#ifdef START_AT_ONCE
#define MAY_START true
#else
#define MAY_START (!STOPPING)
#endif

inline kill(slot) { life[slot] = killed; held[slot] = 0 }

active proctype keeper() {
end:
  do
  :: d_step { role[OLD] != absent && life[OLD] == off -> ended(OLD) }
  :: d_step { role[NEW] != absent && life[NEW] == off -> ended(NEW) }
  :: d_step { role[OLD] == stopping && life[OLD] == on -> kill(OLD) }
  :: d_step { role[NEW] == stopping && life[NEW] == on -> kill(NEW) }
  :: d_step { MAY_START && role[current] == absent && life[current] == off ->
              role[current] = serving; life[current] = on }
  od
}

active proctype clock() {           /* goes on for ever, and a trial's time is over some day */
  do
  :: d_step { phase == trial -> if :: fresh -> fresh = false :: else -> give_up() fi }
  :: phase != trial
  od
}

/* ------------------------------------------------------------------------- control planes */

/* Ask the keeper. It may be away, or act and its answer be lost. */
#define ASK(what) if \
  :: d_step { what } \
  :: d_step { faults > 0 -> faults--; answered = false } \
  :: d_step { faults > 0 -> faults--; what; answered = false } \
  fi

#ifdef NO_FENCE
#define FENCED(what) d_step { what }
#else
#define FENCED(what) if :: d_step { HOLDS(me) -> what } :: !HOLDS(me) -> goto lost fi
#endif

/* An effect of a step: no transaction fences it, and yet no one makes it who was overtaken. */
#define DO(what) d_step { assert(HOLDS(me)); what }

inline before(which) {
  if
  :: which == everything -> step = commit
  :: which == commit -> step = rest
  :: which == rest -> step = handoff
  :: which == handoff -> step = stage
  :: which == stage -> step = nothing
  :: else
  fi
}

inline after(which) {
  if
  :: which == stage -> step = handoff
  :: which == handoff -> step = rest
  :: which == rest -> step = commit
  :: which == commit -> step = everything
  :: else
  fi
}

inline turn_back() {                /* also of one that a person has called off already */
  if
  :: state == updating -> state = rollback; if :: begun -> begun = false :: else -> before(step) fi
  :: else
  fi
}

inline begin() {
  if
  :: state == updating && step == everything -> state = done
  :: state == rollback && step == nothing -> state = undone
  :: else -> begun = true
  fi
}

inline verified() { if :: state == updating -> begun = false; after(step) :: else fi }

inline restored() { begun = false; before(step) }

proctype control_plane(byte me) {
  bool answered;
end_down:
  life[me] != off;
  {
    if
    :: me == NEW && ailment == ends_at_start -> goto ends_by_itself
    :: me == NEW && ailment == hangs_at_start -> goto end_hangs
    :: else
    fi;
    d_step { token++; held[me] = token };
    if
    :: me == NEW && ailment == ends_with_lease -> goto ends_by_itself
    :: me == NEW && ailment == hangs_with_lease -> goto end_hangs
    :: else
    fi;
    api = me;

next:
    answered = false;
    d_step { prolong(me) };
    if                              /* the journal alone says what comes next */
    :: !HOLDS(me) -> goto lost
    :: HOLDS(me) && SETTLED -> goto end_idle
    :: HOLDS(me) && DISPLACED(me) -> FENCED(turn_back())
    :: HOLDS(me) && AHEAD && !DISPLACED(me) -> FENCED(begin())
    :: HOLDS(me) && DOING(stage) -> DO(staged = true); goto seen
    :: HOLDS(me) && DOING(handoff) -> goto hand_over
    :: HOLDS(me) && DOING(rest) && !DISPLACED(me) -> DO(machines = NEW); goto seen
    :: HOLDS(me) && DOING(commit) && !DISPLACED(me) -> goto keep
    :: HOLDS(me) && UNDOING(commit) -> DO(assert(!contracted)); FENCED(restored())
    :: HOLDS(me) && UNDOING(rest) -> DO(machines = OLD); FENCED(restored())
    :: HOLDS(me) && UNDOING(handoff) -> goto hand_back
    :: HOLDS(me) && UNDOING(stage) -> DO(staged = false); FENCED(restored())
    fi;
    goto next;

end_idle:
    if
    :: state == undone && again && me == OLD ->
       FENCED(again = false; state = updating; step = stage; begun = false);
       goto next
    :: !HOLDS(me) -> goto lost
    fi;

keep:
    ASK(commit_it(NEW));
    if :: !answered -> goto next :: answered fi;
    DO(assert(phase == committed && current == NEW); contracted = true);
    FENCED(verified());
    goto next;

seen:                               /* the step has come out well, or not */
    if :: FENCED(verified()) :: FENCED(turn_back()) fi;
    goto next;

hand_over:
    if :: me == NEW -> FENCED(verified()); goto next :: else fi;
    if
    :: phase == fallen_back -> FENCED(turn_back()); goto next
    :: phase != fallen_back
    fi;
    ASK(switch_to(NEW));
    if :: !answered -> FENCED(turn_back()); goto next :: answered fi;
    do
    :: !HOLDS(me) -> goto lost
    :: HOLDS(me) && state != updating -> goto next
    :: HOLDS(me) && state == updating ->
       d_step { prolong(me) };
       if
       :: phase == fallen_back -> FENCED(turn_back()); goto next
       :: d_step { faults > 0 -> faults-- }; FENCED(turn_back()); goto next
       :: phase != fallen_back
       fi
    od;

hand_back:
    if                              /* the keeper says what is current, and maybe is too late */
    :: current == OLD
    :: current == NEW ->
#ifdef SWITCH_BACK_BY_OLD
       ASK(switch_to(OLD));
#else
       if                           /* NEW never took over, and must not do so later */
       :: me == OLD -> ASK(withdraw(OLD))
       :: me == NEW -> ASK(switch_to(OLD))
       fi;
#endif
       if :: !answered -> goto next :: answered fi
    fi;
    if :: me == NEW -> !HOLDS(me); goto lost :: else fi;
    ASK(commit_it(OLD));
    if :: !answered -> goto next :: answered fi;
    FENCED(restored());
    goto next;

lost:                               /* finish what is open, and end */
ends_by_itself:
    atomic { life[me] == on -> life[me] = killed; held[me] = 0 };
end_hangs:
    false
  } unless { atomic { life[me] == killed -> life[me] = off; answered = false } };
  goto end_down
}

active proctype trouble() {
end:
  do
  :: d_step { faults > 0 && life[OLD] == on -> faults--; kill(OLD) }
  :: d_step { faults > 0 && life[NEW] == on -> faults--; kill(NEW) }
  od
}

active proctype person() {
  if
  :: d_step { state == updating && !COMMITTING -> turn_back() }
  :: SETTLED
  fi
}

init {
  if
  :: ailment = none
  :: ailment = ends_at_start
  :: ailment = hangs_at_start
  :: ailment = ends_with_lease
  :: ailment = hangs_with_lease
  fi;
  atomic { run control_plane(OLD); run control_plane(NEW) }
}

#define AT_TARGET (state == done && current == NEW && staged && machines == NEW)
#define AT_ORIGIN (state == undone && current == OLD && !staged && machines == OLD && !contracted)
#define GOES_ON   (phase == committed && HOLDS(current) && api == current)

/* Whatever happens, in the end all is as wanted or all as before, and a live one holds the lease. */
ltl ends_well { <>[] ((AT_TARGET || AT_ORIGIN) && GOES_ON) }
