/*
 * Who may write. Three control planes share one database. Each takes the lease when it starts, and
 * acts as long as its token is the newest one; each may be as slow as it likes between any two lines,
 * and may be killed at any, which undoes the transaction that it has open.
 *
 * The real thing: state/lease.py (take, fenced), state/database.py (begin), rollout/driver.py (tick).
 * What -D takes out shows what it is there for: see test_models.py, and docs/model.md.
 */
#define PLANES 3
#define NOBODY PLANES

byte token = 0;            /* the row of the lease */
byte recorded = 0;         /* what is to be, told by the token that it was decided under */
byte effect = 0;           /* what is, outside of the database */
byte turn = NOBODY;        /* whose transaction is open; only one is, whoever opens it */
bool killed[PLANES];
byte kills = 2;

#ifdef TRANSACTIONS_TOGETHER
#define BEGIN skip
#define END   skip
#else
#define BEGIN atomic { turn == NOBODY -> turn = me }
#define END   turn = NOBODY
#endif

#define LEAVE if :: turn == me -> turn = NOBODY :: else fi

#ifdef NO_CHECK
#define CHECK skip
#else
#define CHECK if :: token == mine :: token != mine -> LEAVE; goto overtaken fi
#endif

proctype plane(byte me) {
  byte mine, seen;
life:
  {
    BEGIN; seen = token; mine = seen + 1;           /* take */
    atomic { token = mine; END };
    do                                              /* tick */
    ::
#ifdef CHECK_BEFORE
       CHECK; BEGIN;
#else
       BEGIN; CHECK;
#endif
       atomic {                                     /* the commit of what was decided */
         assert(mine == token);                     /* a write carries the newest token */
         assert(mine >= recorded);                  /* and none comes after one that is newer */
         recorded = mine; seen = recorded; END
       };
       effect = seen                                /* fenced by nothing, and maybe late */
    od;
overtaken:
    false                                           /* it acts no more */
  } unless { atomic { killed[me] -> mine = 0; seen = 0; killed[me] = false; LEAVE } };
  goto life
}

active proctype killer() {
end:
  do
  :: atomic { kills > 0 -> kills--;
              if :: killed[0] = true :: killed[1] = true :: killed[2] = true fi }
  od
}

init { atomic { run plane(0); run plane(1); run plane(2) } }

/* What an old one did late is made good: in the end the effects are those of the newest record. */
ltl follows { <>[] (recorded == token && effect == recorded) }
